"""A figure or a file that a tool has made, in the answer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.controls import Button, Elided, IconView, muted
from app.ui.conversation.call_state import MadeFile
from app.ui.conversation.item_view import AnswerParts, ItemView
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.quantities import gigabytes

_RADIUS = 10
_ROOM = 8  # pixels around a figure, in its frame
_HIGHEST = 560  # pixels of a figure
_CARD = 44  # pixels of a file's card


class Figure(QWidget):
    """A figure, scaled to the room that there is, on light ground in any theme."""

    def __init__(self, answer: AnswerParts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toolFigure")
        self._answer = answer
        self._made: MadeFile | None = None
        self._image: QImage | None = None
        self._scaled = QImage()
        if answer.images:
            answer.images.decoded.connect(self._decoded)
        answer.theme.changed.connect(self.update)

    def set_made(self, made: MadeFile) -> None:
        """Show another figure, or the same one."""
        if made is not self._made:
            self._made, self._scaled = made, QImage()
            self.setAccessibleName(made.label())
            self._image = self._get()
            self.update()

    def _get(self) -> QImage | None:
        return (
            self._answer.images.get(self._made.part.data)
            if self._answer.images and self._made
            else None
        )

    def _decoded(self, data: object) -> None:
        if self._image is None and self._made and data == self._made.part.data:
            self._image = self._get()
            self.update()

    def fit(self, width: int) -> QSize:
        """Return its size for a width."""
        px = self._answer.theme.px
        size = QSize(*(self._made.size or (1, 1))) if self._made else QSize(1, 1)
        size = QSize(px(size.width()), px(size.height()))
        room = QSize(width - 2 * px(_ROOM), px(_HIGHEST))
        if size.width() > room.width() or size.height() > room.height():
            size = size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(1, 1))
        return size + QSize(2 * px(_ROOM), 2 * px(_ROOM))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._answer.theme
        px = theme.px
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme.colour("border"), 1))
            painter.setBrush(QColor("white"))
            painter.drawRoundedRect(frame, px(_RADIUS), px(_RADIUS))
            inner = self.rect().adjusted(px(_ROOM), px(_ROOM), -px(_ROOM), -px(_ROOM))
            if self._image is None or self._image.isNull():
                self._paint_words(painter)
                return
            wanted = inner.size() * self.devicePixelRatioF()
            if self._scaled.size() != wanted:
                self._scaled = self._image.scaled(
                    wanted,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            clip = QPainterPath()
            clip.addRoundedRect(QRectF(inner), 2, 2)
            painter.setClipPath(clip)
            painter.drawImage(inner, self._scaled)
        finally:
            painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        if self._image is not None:  # it cannot be read
            painter.setFont(self._answer.theme.font(13))
            painter.setPen(QColor("#6b6b66"))
            words = tr("This figure can’t be shown.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)


class MadeView(ItemView):
    """A figure with a button to save it, or a card with the name of a file."""

    def __init__(self, answer: AnswerParts, parent: QWidget) -> None:
        super().__init__(answer, parent)
        theme: Theme = answer.theme
        self._made: MadeFile | None = None
        self._figure = Figure(answer, self)
        self._icon = IconView(theme, "file", "muted", 18)
        self._name = Elided("madeName")
        self._size = muted(name="madeSize")
        self._save = Button(
            theme, "saveMade", tr("Save…"), text=tr("Save…"), kind="small", pixels=12,
            clicked=self._wanted,
        )  # fmt: skip
        for child in (self._icon, self._name, self._size, self._save):
            child.setParent(self)

    def show_made(self, made: MadeFile) -> None:
        """Show another figure or file."""
        self._made = made
        figure = made.size is not None
        self.set_name("madeFigure" if figure else "madeFile")
        self.setAccessibleName("" if figure else made.label())
        self._figure.setVisible(figure)
        if figure:
            self._figure.set_made(made)
        for part in (self._icon, self._name, self._size):
            part.setVisible(not figure)
        self._name.set_text(made.name)
        self._size.setText(gigabytes(len(made.part.data)))
        label = tr("Save figure…") if figure else tr("Save file…")
        self._save.setAccessibleName(f"{label} {made.label()}")
        self._save.setToolTip(label)
        self.show()

    def lay_out(self, width: int) -> int:
        px = self.answer.theme.px
        button = self._save.sizeHint()
        if not self._figure.isHidden():
            size = self._figure.fit(width)
            self._figure.setGeometry(0, 0, *size.toTuple())
            self._save.setGeometry(0, size.height() + px(6), *button.toTuple())
            return size.height() + px(6) + button.height()
        high, side = px(_CARD), px(12)
        icon = px(18)
        self._icon.setGeometry(side, (high - icon) // 2, icon, icon)
        left = side + icon + px(10)
        end = width - side - button.width()
        self._save.setGeometry(end, (high - button.height()) // 2, *button.toTuple())
        size = self._size.sizeHint()
        room = end - px(12) - left
        self._size.setVisible(room > size.width() + px(80))
        if not self._size.isHidden():
            end -= px(12) + size.width()
            self._size.setGeometry(end, (high - size.height()) // 2, *size.toTuple())
        low = self._name.sizeHint().height()
        self._name.setGeometry(left, (high - low) // 2, max(1, end - px(12) - left), low)
        return high

    def stops(self) -> list[QWidget]:
        return [self._save]

    def _wanted(self) -> None:
        if self._made:
            self.answer.save_file(self._made.part)
