"""Typed ways to Qt's objects, for tests."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

Child = TypeVar("Child", bound=QObject)


def child(parent: QObject, kind: type[Child], name: str = "") -> Child:
    """Return the child of that kind and objectName; fails if there is none."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert found is not None, f"no {kind.__name__} {name}"
    return found


def focused() -> QWidget:
    """Return the widget with the keyboard focus; fails if there is none."""
    found = QApplication.focusWidget()
    assert found is not None, "nothing has the keyboard"
    return found


def settle() -> None:
    """Handle the events that are due, and those that they bring about."""
    for _ in range(6):
        QApplication.processEvents()
