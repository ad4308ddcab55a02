"""The line under the messages that the model no longer sees."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui.controls import muted
from app.wording.language import tr


class ContextLimitLine(QWidget):
    """A line between the messages that the model no longer sees and those it does."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("unseenLine")
        self._label = muted(tr("Messages above this line no longer fit in the context."))
        self.setAccessibleName(self.text())
        self.setToolTip(
            tr(
                "This chat is longer than the model’s context, so the model no longer sees the "
                "oldest messages. Nothing was deleted."
            )
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(14)
        for widget, stretch in ((_rule(), 1), (self._label, 0), (_rule(), 1)):
            layout.addWidget(widget, stretch)
        self.hide()

    def text(self) -> str:
        """Return the line's text."""
        return self._label.text()


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule
