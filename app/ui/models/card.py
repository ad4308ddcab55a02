"""Cards of the models page: the recommended model, and the other ways below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui.controls import IconView, column, muted
from app.ui.form_fields import heading
from app.ui.theme import Theme, font


class HeroCard(QFrame):
    """The card of the recommended model; more widgets go into ``below``."""

    def __init__(self, theme: Theme, caption: str, title: str, text: str) -> None:
        super().__init__()
        self.setObjectName("hero")
        self.setAccessibleName(title)
        self.below = column(self, (24, 18, 24, 20), gap=4)
        self._caption = muted(caption, "heroCaption")
        self._caption.setFont(font(12, 600))
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(IconView(theme, "spark", "accent", 14))
        head.addWidget(self._caption, 1)
        name = heading(title, 22, 650)
        name.setObjectName("heroTitle")
        about = muted(text, "heroText", pixels=14)
        about.setWordWrap(True)
        self.below.addLayout(head)
        self.below.addWidget(name)
        self.below.addWidget(about)
        self.below.addSpacing(6)

    def set_caption(self, caption: str) -> None:
        """Change the line above the model's name."""
        self._caption.setText(caption)


class OptionList(QFrame):
    """A list of quieter choices below one another."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "options")
        self._column = column(self, (0, 0, 0, 0))

    def add(self, option: QWidget) -> None:
        """Add a choice."""
        option.setProperty("first", self._column.count() == 0)
        self._column.addWidget(option)

    def empty(self) -> None:
        """Remove all choices."""
        while (item := self._column.takeAt(0)) is not None:
            if widget := item.widget():
                widget.setParent(None)
                widget.deleteLater()


class OptionRow(QFrame):
    """One of those choices: an icon, a title, a sentence, a button; more goes into ``below``."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str = "",
        text: str = "",
        *,
        button: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.setProperty("kind", "option")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 14, 11)
        row.setSpacing(14)
        row.addWidget(IconView(theme, icon, "muted", 18), 0, Qt.AlignmentFlag.AlignVCenter)
        body = QWidget()
        self.below = column(body, gap=2)
        row.addWidget(body, 1)
        if title:
            self.below.addWidget(heading(title, 14, 550))
        if text:
            description = muted(text, pixels=13)
            description.setWordWrap(True)
            self.below.addWidget(description)
        if button:
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
