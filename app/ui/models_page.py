"""Where a model comes from: three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.models import catalog
from app.ui.controls import Button, Notice, Picture, column, muted
from app.ui.offer_card import OfferCard
from app.ui.theme import Look, font

_WIDTH = 600


class ModelsPage(QScrollArea):
    """Try the demo model, open a file, or get gpt-oss-20b."""

    demo = Signal()
    open_file = Signal()
    closed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("modelsPage")
        self.setAccessibleName("Models")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setObjectName("page")
        cards = QWidget()
        cards.setMaximumWidth(_WIDTH)
        self._layout = column(cards, (0, 24, 0, 32), gap=14)
        self._layout.addStretch(2)
        self._add_head()
        self._notice = Notice(look, "modelsError")
        self._notice.hide()
        self._layout.addWidget(self._notice)
        self._add_cards()
        self._layout.addStretch(3)
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 0, 24, 0)
        row.addStretch(1)
        row.addWidget(cards, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def set_first(self, first: bool) -> None:
        """Whether there is a chat to go back to."""
        self._back.setVisible(not first)
        self._title.setText("Welcome to Fireside" if first else "Models")

    def set_progress(self, text: str) -> None:
        """What is being loaded; empty when nothing is."""
        self._progress.setText(text or self._said)

    def set_error(self, sentence: str) -> None:
        """Why the file cannot be used; empty when all is well."""
        self._notice.set_text(sentence)
        self._notice.setVisible(bool(sentence))
        if sentence:
            self.verticalScrollBar().setValue(0)

    def _add_head(self) -> None:
        self._title = QLabel()
        self._title.setObjectName("modelsTitle")
        self._title.setFont(font(24, 640))
        self._said = "Everything runs on this computer. Choose a model to begin."
        self._progress = muted(self._said, "modelsProgress", pixels=14)
        escape = QShortcut("Esc", self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._escaped)
        self._back = Button(
            self._look, "closeModels", "Back to the chat", icon="close", shortcut="Esc",
            clicked=self.closed.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(self._back)
        self._layout.addLayout(row)
        self._layout.addWidget(self._progress)
        self._layout.addSpacing(10)

    def _escaped(self) -> None:
        if self._back.isVisible():
            self.closed.emit()

    def _add_cards(self) -> None:
        look = self._look
        demo = Button(
            look, "tryDemo", "Try the demo model now", text="Try it now", kind="primary",
            clicked=self.demo.emit,
        )  # fmt: skip
        self._card(
            "spark",
            "The demo model",
            "A tiny gpt-oss that comes with Fireside. It knows capitals, times tables, short "
            "stories and a little Python: enough to look around.",
            demo,
        )
        self._card(
            "file",
            "A file of yours",
            "A gpt-oss model in GGUF that is already on this computer. It stays where it is; you "
            "can also drop it on this window.",
            Button(
                look, "openFile", "Open a GGUF file", text="Open a file…", shortcut="Ctrl+O",
                clicked=self.open_file.emit,
            ),
        )  # fmt: skip
        offer = catalog.offers()[0]
        self.offer = OfferCard(look, offer)
        self._card("download", offer.name, offer.about).addWidget(self.offer)

    def _card(self, icon: str, title: str, text: str, button: QWidget | None = None) -> QVBoxLayout:
        """A card; returns the layout below its text, for more."""
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(18, 16, 16, 16)
        row.setSpacing(14)
        row.addWidget(Picture(self._look, icon, "accent", 22), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(5)
        name = QLabel(title)
        name.setFont(font(15, 600))
        words.addWidget(name)
        description = muted(text, pixels=13)
        description.setWordWrap(True)
        words.addWidget(description)
        row.addLayout(words, 1)
        if button:
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._layout.addWidget(card)
        return words
