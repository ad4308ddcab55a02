"""The gauge of the model's context."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.composer.context_usage import TokenUse
from app.ui.theme import Theme, font
from app.wording.language import number, tr

_WIDTH = 2.4
_WARM = 0.75  # share of the context from which the gauge warns


class ContextGauge(QWidget):
    """A ring and a figure: how much of the context is used, and reserved for the answer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._use, self.colour = TokenUse(), "accent"
        self._tools = 0  # tokens of the tools that are on
        self.setObjectName("contextGauge")
        self.setFont(font(12))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)
        self.hide()

    def set_use(self, use: TokenUse, *, full: bool) -> None:
        """Show the use; ``full``: something will not fit. Hidden until anything is known."""
        warm = use.context > 0 and use.used >= _WARM * use.context
        colour = "danger" if full else "warning" if warm else "accent"
        if (use, colour) == (self._use, self.colour):
            return
        self._use, self.colour = use, colour
        self.setVisible(use.used > 0 or use.context > 0)
        self._describe()
        self.updateGeometry()
        self.update()

    def set_tools(self, tokens: int) -> None:
        """Show how many of the tokens before the messages are the tools'."""
        if tokens != self._tools:
            self._tools = tokens
            self._describe()

    def _describe(self) -> None:
        use = self._use
        if not use.context:
            text = tr("{used} tokens used. The server doesn’t say how many fit.").format(
                used=self._used
            )
        elif use.reserved:
            text = tr(
                "{used} of {context} tokens used ({reserved} reserved for the answer)"
            ).format(used=self._used, reserved=number(use.reserved), context=number(use.context))
        else:
            text = tr("{used} of {context} tokens used").format(
                used=self._used, context=number(use.context)
            )
        self.setAccessibleName(text)
        shares = _shares(use, min(self._tools, use.opening))
        self.setToolTip(_table(text, shares))
        self.setAccessibleDescription("\n".join(f"{name}: {number(n)}" for name, n in shares))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._tell()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._tell()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._tell()

    def _tell(self) -> None:
        """Show the tooltip at once."""
        QToolTip.showText(self.mapToGlobal(QPoint(0, 0)), self.toolTip(), self)

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(px(22) + self.fontMetrics().horizontalAdvance(self._text), px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            px, zoom = self._theme.px, self._theme.zoom
            ring = QRectF(2 * zoom, self.height() / 2 - 6 * zoom, 12 * zoom, 12 * zoom)
            painter.setPen(QPen(self._theme.colour("border"), _WIDTH * zoom))
            painter.drawEllipse(ring)
            colour = self._theme.colour(self.colour)
            size = self._use.context
            used = max(min(1.0, self._use.used / size), 12 / 360) if size else 0.0
            kept = min(1.0 - used, self._use.reserved / size) if size else 0.0
            light = QColor(colour)
            light.setAlphaF(0.35)
            if size:
                _arc(painter, ring, QPen(light, _WIDTH * zoom), used, kept)
                _arc(painter, ring, QPen(colour, _WIDTH * zoom), 0.0, used)
            calm = self.colour == "accent"
            painter.setPen(self._theme.colour("muted") if calm else colour)
            painter.drawText(
                self.rect().adjusted(px(20), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text
            )
            if self.hasFocus():
                painter.setPen(QPen(self._theme.colour("accent"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        finally:
            painter.end()

    @property
    def _text(self) -> str:
        about = "≈ " if self._use.estimated else ""
        whole = _short(self._use.context) if self._use.context else "?"
        return f"{about}{_short(self._use.used)} / {whole}"

    @property
    def _used(self) -> str:
        used = number(self._use.used)
        return tr("About {count}").format(count=used) if self._use.estimated else used


def _shares(use: TokenUse, tools: int) -> list[tuple[str, int]]:
    """Return what takes how many tokens; together they are the whole context."""
    shares = [
        (tr("System prompt"), use.opening - tools),
        (tr("Tools"), tools),
        (tr("Messages"), use.messages),
        (tr("Attachments"), use.attached),
        (tr("Answer"), use.answer + use.reserved),
        (tr("Free"), use.free),
    ]
    return [(name, count) for name, count in shares if count]


def _table(title: str, shares: list[tuple[str, int]]) -> str:
    rows = "".join(
        f"<tr><td>{name}</td><td align='right' style='padding-left: 24px'>{number(count)}</td></tr>"
        for name, count in shares
    )
    return (
        f"<p>{title}</p><table width='100%' cellspacing='0' cellpadding='0' "
        f"style='margin-top: 6px'>{rows}</table>"
    )


def _arc(painter: QPainter, ring: QRectF, pen: QPen, start: float, length: float) -> None:
    """Draw a part of the ring, clockwise from its top; 1 is the whole ring."""
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawArc(ring, round((90 - start * 360) * 16), -round(length * 360 * 16))


def _short(count: int) -> str:
    """Return a count of tokens with two or three digits, in the steps of a context's length."""
    if count < 1000:
        return str(count)
    return f"{number(count / 1024, 1 if count < 10_240 else 0)}K"
