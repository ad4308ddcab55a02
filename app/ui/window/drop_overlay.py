"""The overlay that is shown while files are dragged over the window: where they will go."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.window.file_drop import DropTarget
from app.wording.language import tr

_EDGE, _RADIUS, _ICON = 12, 18, 36  # pixels
_VEIL = 0.88  # opacity of the background over what is behind


class DropOverlay(QWidget):
    """A veil over the conversation and the composer. The mouse passes through it."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme, self._over = theme, over
        self._icon = self._text = ""
        self.hide()

    def welcome(self, target: DropTarget) -> None:
        """Show where the dragged files will go."""
        self._icon, self._text = _shown(target)
        self.setAccessibleName(self._text)
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            veil = self._theme.colour("background")
            veil.setAlphaF(_VEIL)
            painter.fillRect(self.rect(), veil)
            painter.setPen(QPen(self._theme.colour("accent"), 2, Qt.PenStyle.DashLine))
            px = self._theme.px
            edge, size = px(_EDGE), px(_ICON)
            frame = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
            painter.drawRoundedRect(frame, px(_RADIUS), px(_RADIUS))
            middle = self.rect().center()
            icon = QRect(0, 0, size, size)
            icon.moveCenter(middle)
            icon.translate(0, -size)
            self._theme.icon(self._icon, "accent", _ICON).paint(painter, icon)
            painter.setPen(self._theme.colour("text"))
            painter.setFont(self._theme.font(18, 600))
            below = self.rect().adjusted(2 * edge, middle.y() + px(8), -2 * edge, 0)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(below, flags | Qt.TextFlag.TextWordWrap, self._text)
        finally:
            painter.end()


def _shown(target: DropTarget) -> tuple[str, str]:
    """Return the icon and the sentence for what is done with the files."""
    match target:
        case DropTarget.MODEL:
            return "spark", tr("Drop to open this model")
        case DropTarget.CHATS:
            return "download", tr("Drop to import chats")
        case DropTarget.FOLDER:
            return "folder", tr("Drop to use this folder")
        case DropTarget.ENCYCLOPAEDIA:
            return "folder", tr("Drop to add this encyclopaedia")
        case DropTarget.ATTACHED:
            return "paperclip", tr("Drop to attach")
