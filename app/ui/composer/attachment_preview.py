"""A popup that shows what the model will see of an attached file."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QWidget

from app.ui.composer.attachment import Attachment
from app.ui.controls import Button, Elided, column, muted
from app.ui.form_fields import named
from app.ui.theme import Theme, font, mono
from app.wording.language import number, tr

_MOST = 100_000  # characters that are shown
_WIDE, _HIGH, _MARGIN = 680, 420, 24  # pixels


class AttachmentPreview(QFrame):
    """The text of a file, as it is sent, with its size. It can be selected, but not changed."""

    def __init__(self, theme: Theme, item: Attachment, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent.window()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("attachmentPreview")
        self.setAccessibleName(item.name)
        text = item.part.text if item.part else ""
        layout = column(self, (18, 12, 12, 14), gap=8)
        head = QHBoxLayout()
        name = Elided("previewName")
        name.setFont(font(15, 600))
        name.set_text(item.name)
        head.addWidget(name, 1)
        head.addWidget(
            Button(theme, "closePreview", tr("Close"), icon="close", size=16, shortcut="Esc",
                   clicked=self.close)
        )  # fmt: skip
        layout.addLayout(head)
        size = [item.detail]
        if item.tokens is not None:
            size.append(tr("%Ln character(s)", "", len(text)))
        layout.addWidget(muted(" · ".join(size), "previewSize", 13))
        self._text = QPlainTextEdit()
        named(self._text, "previewText", tr("File contents"), tr("What the model will see"))
        self._text.setProperty("kind", "field")
        self._text.setFont(mono(13))
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setPlainText(text[:_MOST])
        layout.addWidget(self._text, 1)
        if len(text) > _MOST:
            note = tr("Showing the first {shown} of {all} characters").format(
                shown=number(_MOST), all=number(len(text))
            )
            layout.addWidget(muted(note, "previewCut", 12))

    def show_above(self, place: QPoint) -> None:
        """Show the popup with its lower left corner at a point, inside its window."""
        window = self._window
        corner = window.mapToGlobal(QPoint(0, 0))
        width = min(_WIDE, window.width() - 2 * _MARGIN)
        height = min(_HIGH, max(160, place.y() - corner.y() - _MARGIN))
        left = min(place.x(), corner.x() + window.width() - width - _MARGIN)
        self.setGeometry(left, place.y() - height - 6, width, height)
        self.show()
        self._text.setFocus()
