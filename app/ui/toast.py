"""A message that disappears by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QHideEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.controls import Button
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.language import tr

_MARGIN = 12  # pixels to what is below


@dataclass(frozen=True, slots=True)
class ToastAction:
    """A button of a toast: its objectName, its text, and what it does."""

    name: str
    text: str
    run: Callable[[], object]
    shortcut: str = ""


class Toast(Notice):
    """A message over the lower edge of a window, which disappears by itself.

    It stays while the pointer is over it, or the keyboard in it.
    """

    SHOWN_MS = 10_000

    def __init__(self, theme: Theme, parent: QWidget, above: QWidget | None = None) -> None:
        """Float in ``parent``, right ``above`` what must not be covered, else at its lower edge."""
        super().__init__(theme, "toast", "trash", "muted")
        self.setParent(parent)
        self._parent, self._above = parent, above
        self.owner: object = None
        """Who told the present message."""
        self.label.setWordWrap(False)
        self._actions: list[Button] = []
        self._dismiss = Button(
            theme, "dismissToast", tr("Dismiss"), icon="close", size=14, clicked=self.hide
        )
        self.add_button(self._dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self.SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)
        self.hide()

    def tell(
        self, text: str, icon: str, actions: Sequence[ToastAction] = (), owner: object = None
    ) -> None:
        """Show a text for ten seconds, with buttons; it replaces any other."""
        self.owner = owner
        self.set_text(text)
        self.picture.set_icon(icon)
        self._set_actions(actions)
        self._place()  # first: shown elsewhere, it could take a pointer there for one over it
        self.show()
        self.raise_()
        self._timer.start()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def shows(self, owner: object) -> bool:
        """Return whether a message of this owner is shown."""
        return self.isVisible() and self.owner is owner

    def _set_actions(self, actions: Sequence[ToastAction]) -> None:
        for button in self._actions:
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._actions = []
        for number, action in enumerate(actions):
            button = Button(
                self._theme, action.name, action.text, text=action.text,
                shortcut=action.shortcut, clicked=action.run,
            )  # fmt: skip
            self._layout.insertWidget(2 + number, button)
            button.show()  # else the size that is asked for next is without it
            self._actions.append(button)
        for first, second in pairwise([*self._actions, self._dismiss]):
            QWidget.setTabOrder(first, second)

    # --- Its time and place -------------------------------------------------------------------

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._go_on()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Have Esc dismiss it."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what it floats in, which has many events, only from now on."""
        super().showEvent(event)
        for watched in filter(None, (self._parent, self._above)):
            watched.installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for watched in filter(None, (self._parent, self._above)):
            watched.removeEventFilter(self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return False

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and self.isAncestorOf(new):
            self._timer.stop()
        elif old is not None and self.isAncestorOf(old):
            self._go_on()

    def _go_on(self) -> None:
        """Count again, unless it is still in use."""
        focused = QApplication.focusWidget()
        inside = focused is not None and self.isAncestorOf(focused)
        if self.isVisible() and not inside and not self.underMouse():
            self._timer.start()

    def _place(self) -> None:
        room = self._parent.width() - 2 * _MARGIN
        self.label.setWordWrap(False)
        self.adjustSize()
        if self.width() > room:
            self.label.setWordWrap(True)
            self._layout.activate()
            self.resize(room, self._layout.totalHeightForWidth(room))
        if self._above:
            edge = self._above.mapTo(self._parent, QPoint(self._above.width() // 2, 0))
        else:
            edge = QPoint(self._parent.width() // 2, self._parent.height())
        left = min(edge.x() - self.width() // 2, self._parent.width() - self.width())
        self.move(max(left, 0), edge.y() - self.height() - _MARGIN)
