"""A message that disappears by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.ui.controls import Button, Notice
from app.ui.theme import Theme
from app.wording.language import tr


class Toast(Notice):
    """A message over the lower edge of the window, which disappears by itself."""

    SHOWN_MS = 10_000

    undone = Signal()

    def __init__(self, theme: Theme, parent: QWidget, above: QWidget, button: str) -> None:
        """Float in ``parent``, right ``above`` what must not be covered."""
        super().__init__(theme, "toast", "trash", "muted")
        self.setParent(parent)
        self._parent, self._above = parent, above
        self.label.setWordWrap(False)
        self.add_button(
            Button(
                theme, "undo", tr("Undo"), text=button, shortcut="Ctrl+Z", clicked=self.undone.emit
            )
        )
        self.add_button(
            Button(theme, "dismissToast", tr("Dismiss"), icon="close", size=14, clicked=self.hide)
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self.SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def tell(self, text: str, icon: str) -> None:
        """Show a text for ten seconds."""
        self.set_text(text)
        self.picture.set_icon(icon)
        self.show()
        self._place()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        edge = self._above.mapTo(self._parent, QPoint(self._above.width() // 2, 0))
        self.move(edge.x() - self.width() // 2, edge.y() - self.height() - 12)
