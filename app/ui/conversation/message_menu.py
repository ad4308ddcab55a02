"""What can be done with a message, as entries of a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QMenu

from app.base.types import Effort, ModelRef
from app.ui.clipboard import copy_markdown, copy_plain, copy_rich, copy_text
from app.ui.controls import plain
from app.ui.conversation.message_state import MessageState
from app.wording.answered_by import model_on_host
from app.wording.efforts import effort_name
from app.wording.language import tr


@dataclass(frozen=True, slots=True)
class MessageCommands:
    """What a menu's entries do, each with the id of a message."""

    edit: Callable[[int], object]
    again: Callable[[int, Effort, ModelRef | None], object]
    """Make another version of an answer, or the first one to a question."""
    fork: Callable[[int], object]
    delete: Callable[[int], object]
    other_models: Callable[[], Sequence[ModelRef]]
    """Returns the other models that an answer can be made with."""


def fill_menu(
    menu: QMenu,
    record: MessageState,
    commands: MessageCommands,
    *,
    busy: bool,
    last: bool,
    copying: bool = True,
) -> None:
    """Add all entries for a message, with those that copy it if ``copying``.

    While an answer is running (``busy``), a message can only be copied, and forked from.
    """
    row = record.row
    if record.is_question:
        menu.addAction(tr("Edit"), partial(commands.edit, row.id)).setEnabled(not busy)
    if copying:
        _add_copying(menu, record)
    if not record.is_question or last:
        again = menu.addMenu(tr("Regenerate"))
        again.setObjectName("regenerateMenu")
        fill_regenerate(again, record, commands)
        again.setEnabled(not busy)
    menu.addAction(tr("New chat from here"), partial(commands.fork, row.id))
    menu.addSeparator()
    delete = menu.addAction(tr("Delete message"), partial(commands.delete, row.id))
    delete.setEnabled(not busy)


def fill_regenerate(menu: QMenu, record: MessageState, commands: MessageCommands) -> None:
    """Add the ways to make another version of an answer: each effort, and each model."""
    row = record.row
    effort = row.effort or Effort.MEDIUM
    menu.addAction(tr("Regenerate"), partial(commands.again, row.id, effort, None))
    menu.addSeparator()
    _add_efforts(menu, row.id, None, commands)
    if others := commands.other_models():
        menu.addSeparator()
        models = menu.addMenu(tr("Use another model"))
        models.setObjectName("regenerateModels")
        here = [model for model in others if not model.host]
        if here:
            models.addAction(tr("Needs to load first")).setEnabled(False)
        for model in here:
            label = plain(model_on_host(model.name, model.host))
            _add_efforts(models.addMenu(label), row.id, model, commands)
        if here and len(here) < len(others):
            models.addSeparator()
        for model in others:
            if model.host:
                name = plain(model_on_host(model.name, model.host))
                _add_efforts(models.addMenu(name), row.id, model, commands)


def _add_efforts(
    menu: QMenu, message: int, model: ModelRef | None, commands: MessageCommands
) -> None:
    for effort in Effort:
        menu.addAction(effort_name(effort), partial(commands.again, message, effort, model))


def _add_copying(menu: QMenu, record: MessageState) -> None:
    text = record.row.message.text
    if record.is_question:
        menu.addAction(tr("Copy"), partial(copy_text, text)).setEnabled(bool(text))
        return
    ways = menu.addMenu(tr("Copy as"))
    ways.setObjectName("copyMenu")
    ways.setEnabled(bool(text))
    ways.addAction(tr("Markdown"), lambda: copy_markdown(record.to_copy()))
    ways.addAction(tr("Plain text"), lambda: copy_plain(record.to_copy(kept=False)))
    ways.addAction(tr("Rich text"), lambda: copy_rich(record.to_copy(kept=False)))
