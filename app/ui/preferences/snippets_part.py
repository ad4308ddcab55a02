"""A section of the page about the local server: how other programs are set up for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy

from app.ui.clipboard import copy_text
from app.ui.controls import Button, column, menu_of, pop_up_below
from app.ui.form_fields import heading, named, note, set_read_only
from app.ui.form_page import FormPart
from app.ui.theme import Theme, mono
from app.wording.client_snippets import Snippet
from app.wording.language import tr

COPIED_MS = 1500


class SnippetsPart(FormPart):
    """The choice of a program, and a text for it. What is copied has the token."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("snippetsPart")
        self._masked: tuple[Snippet, ...] = ()
        self._whole: tuple[Snippet, ...] = ()
        self._revealed = False
        self._key = ""
        self._choice = Button(
            theme, "snippetChoice", tr("App"), icon="chevron-down", text="-", kind="pill",
            size=14, weight=400, clicked=self._pick,
        )  # fmt: skip
        self._choice.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.text = SnippetText()
        self._copy = CopyButton(theme, "copySnippet", tr("Copy configuration"))
        self._copy.clicked.connect(lambda: self._copy.copy(self._chosen(self._whole).text))
        self._note = note("", "snippetNote")
        self._warning = note("", "snippetWarning")
        layout = column(self, gap=8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(heading(tr("Connect an app")), 1)
        head.addWidget(self._choice)
        layout.addLayout(head)
        layout.addWidget(self._note)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._warning, 1)
        layout.addLayout(row)

    def show_snippets(
        self, masked: Sequence[Snippet], whole: Sequence[Snippet], *, revealed: bool
    ) -> None:
        """Show these texts; ``whole`` are the same as ``masked``, but for the token.

        ``revealed``: the token is shown.
        """
        self._masked, self._whole, self._revealed = tuple(masked), tuple(whole), revealed
        self._show()

    def choose(self, key: str) -> None:
        """Show the text for a program, by its key."""
        self._key = key
        self._show()

    def _show(self) -> None:
        masked, whole = self._chosen(self._masked), self._chosen(self._whole)
        self._choice.setText(f"{whole.name}  ")
        self._choice.setAccessibleDescription(whole.name)
        self._note.setText(whole.note)
        has_token = masked.text != whole.text
        self._warning.setText(tr("Contains the access token.") if has_token else "")
        text = (whole if self._revealed else masked).text.rstrip()
        if text != self.text.toPlainText():  # keeps a selection
            self.text.setPlainText(text)
            self.text.updateGeometry()

    def _chosen(self, snippets: Sequence[Snippet]) -> Snippet:
        return next((each for each in snippets if each.key == self._key), snippets[0])

    def _pick(self) -> None:
        menu = menu_of(self, "snippetMenu")
        for each in self._whole:
            action = menu.addAction(each.name)
            action.setCheckable(True)
            action.setChecked(each is self._chosen(self._whole))
            action.triggered.connect(partial(self.choose, each.key))
        pop_up_below(menu, self._choice)


class SnippetText(QPlainTextEdit):
    """A text that is read and copied, as high as its lines."""

    def __init__(self) -> None:
        super().__init__()
        words = tr("Configuration")
        named(self, "snippetText", words, words)
        set_read_only(self)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(mono(12))

    def sizeHint(self) -> QSize:
        """Return the height of the lines, with room for the bar below them."""
        edges = 2 * (self.frameWidth() + self.document().documentMargin())
        lines = self.document().blockCount() * self.fontMetrics().lineSpacing()
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(super().sizeHint().width(), math.ceil(lines + edges + bar))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:  # it was zoomed
            self.updateGeometry()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page, unless it is turned sideways."""
        if event.angleDelta().x():
            super().wheelEvent(event)
        else:
            event.ignore()


class CopyButton(Button):
    """A button that copies a text, and says for a moment that it has."""

    def __init__(self, theme: Theme, name: str, label: str) -> None:
        super().__init__(theme, name, label, text=tr("Copy"), icon="copy", size=16)

    def copy(self, text: str) -> None:
        """Copy a text."""
        copy_text(text)
        self.set_icon("check")
        QTimer.singleShot(COPIED_MS, self, lambda: self.set_icon("copy"))
