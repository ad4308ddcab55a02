"""Windows and dialogs that fit the screen they are on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMargins, QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QDialog, QStyle, QWidget

from app.ui.controls import Scroll, column
from app.ui.zoom import UNLIMITED


def fitted(frame: QRect, screens: Sequence[QRect]) -> QRect:
    """Return where a window's frame fits: on the screen that has most of it, else on the first.

    ``screens`` are the areas that are free of panels and docks.
    """
    screen = _screen_of(frame, screens)
    size = frame.size().boundedTo(screen.size())
    wanted = frame.topLeft()
    if not screen.intersects(frame):
        wanted = screen.center() - QPoint(size.width() // 2, size.height() // 2)
    left = screen.left() + screen.width() - size.width()
    top = screen.top() + screen.height() - size.height()
    corner = QPoint(
        min(max(wanted.x(), screen.left()), left), min(max(wanted.y(), screen.top()), top)
    )
    return QRect(corner, size)


def _screen_of(frame: QRect, screens: Sequence[QRect]) -> QRect:
    def common(screen: QRect) -> int:
        both = screen.intersected(frame)
        return both.width() * both.height()

    return max(screens, key=common)


def free_areas() -> list[QRect]:
    """Return the free areas of all screens, the primary one first."""
    primary = QGuiApplication.primaryScreen()
    others = [screen for screen in QGuiApplication.screens() if screen is not primary]
    return [screen.availableGeometry() for screen in (primary, *others)]


def fit_window(window: QWidget) -> None:
    """Shrink and move a window so that its frame is on a screen; one that fits stays."""
    if window.isMaximized() or window.isFullScreen():
        return
    margins = _frame(window)
    before = window.geometry().marginsAdded(margins)
    after = fitted(before, free_areas())
    if after != before:
        window.setGeometry(after.marginsRemoved(margins))


def _frame(window: QWidget) -> QMargins:
    """Return the margins of a window's frame, or a guess until the system has drawn it."""
    inner, outer = window.geometry(), window.frameGeometry()
    if outer != inner:
        return QMargins(
            inner.left() - outer.left(),
            inner.top() - outer.top(),
            outer.right() - inner.right(),
            outer.bottom() - inner.bottom(),
        )
    if _drawn(window):  # it has none
        return QMargins()
    title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    return QMargins(2, title, 2, 2)


def _drawn(window: QWidget) -> bool:
    """Return whether the system has placed a window, which it has not in the show event."""
    handle = window.windowHandle()
    return handle is not None and handle.isExposed()


class FittingDialog(QDialog):
    """A dialog that is never larger than its screen. Where that is too small, it scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scrolled: Scroll | None = None

    def showEvent(self, event: QShowEvent) -> None:
        self.fit()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            self.fit()

    def fit(self) -> None:
        """Shrink to the screen, and scroll what is larger."""
        room = self._room()
        self.setMinimumSize(self.minimumSize().boundedTo(room))
        layout = self.layout()
        if self._scrolled is None and layout is not None:
            layout.activate()
            width = min(max(self.width(), layout.minimumSize().width()), room.width())
            height = max(layout.minimumSize().height(), layout.minimumHeightForWidth(width))
            if height > room.height() or layout.minimumSize().width() > room.width():
                self._scroll()
        size = self.size().boundedTo(room)
        if size != self.size():
            self.resize(size)
        if _drawn(self):
            fit_window(self)

    def grow(self) -> None:
        """Grow to the height that the contents need, as far as the screen has it."""
        holder = self._scrolled.widget() if self._scrolled else self
        inner = holder.layout() if holder else None
        assert inner
        inner.activate()
        needed = inner.totalHeightForWidth(self.width())
        self.resize(self.width(), max(self.height(), needed))
        self.fit()

    def _room(self) -> QSize:
        parent = self.parentWidget()
        screen = _screen_of((parent.window() if parent else self).geometry(), free_areas())
        return screen.marginsRemoved(_frame(self)).size()

    def _scroll(self) -> None:
        """Put the contents into an area that scrolls."""
        layout = self.layout()
        assert layout
        size = self.size()
        layout.setSizeConstraint(layout.SizeConstraint.SetDefaultConstraint)
        self.setMinimumSize(0, 0)
        self.setMaximumSize(UNLIMITED, UNLIMITED)  # a fixed size constraint leaves its limits
        inside = QWidget()
        inside.setLayout(layout)  # which takes its widgets along
        self._scrolled = Scroll()
        self._scrolled.setWidget(inside)
        column(self).addWidget(self._scrolled)
        inside.show()
        self.resize(size.expandedTo(layout.sizeHint()))
