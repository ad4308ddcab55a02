"""A call of a tool in an answer: one row, which opens what was called and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from app.base.types import Outcome
from app.ui.blocks.box import Style
from app.ui.controls import Button, muted, tip
from app.ui.conversation.call_state import CallState
from app.ui.conversation.consent_card import ConsentCard
from app.ui.conversation.item_view import AnswerParts, ItemView
from app.ui.conversation.rerun_view import RerunView, show_all_words
from app.ui.theme import Theme
from app.wording.browser_words import is_browser, is_open
from app.wording.language import tr
from app.wording.tool_words import is_python

_HIGH = 30  # pixels of the row
_TEXT = 24  # where its text begins
_ALERTS = (Outcome.FAILED, Outcome.UNKNOWN)


class CallHeader(Button):
    """“Ran Python · 0.4 s”: a button that opens and closes the call."""

    widened = Signal()
    """Its text has another length, since the seconds are counted."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "toolCall", tr("Tool call"), pixels=14, weight=400)
        self.setCheckable(True)
        self._call: CallState | None = None
        self._seconds = QTimer(self)
        self._seconds.setInterval(1000)
        self._seconds.timeout.connect(self._count)
        theme.changed.connect(self.update)

    def set_call(self, call: CallState) -> None:
        """Show the state of a call."""
        self._call = call
        self.setChecked(call.opened)
        if call.running != self._seconds.isActive():
            self._seconds.start() if call.running else self._seconds.stop()
        self._tell()

    def _count(self) -> None:
        if not self.isVisible():  # a spare one, until it shows another call
            self._seconds.stop()
            return
        before = self.sizeHint()
        self._tell()
        if self.sizeHint() != before:
            self.widened.emit()

    def _tell(self) -> None:
        assert self._call
        text = self._call.label()
        if text != self.text():
            self.setText(text)
            self.setShortcut("")  # an "&" in the text would create one
            self.setAccessibleName(text)
            self.setToolTip(tip(text, "Space"))
        self.update()

    def sizeHint(self) -> QSize:
        px, text = self._theme.px, self.fontMetrics().horizontalAdvance(self.text())
        return QSize(px(_TEXT) + text + px(30) + 1, px(_HIGH))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.hasFocus():
                painter.setPen(QPen(self._theme.colour("accent"), 1))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
            colour = "text" if self.underMouse() else "muted"
            px, middle = self._theme.px, self.height() // 2
            icon = self._theme.icon(_icon(self._call), colour, 16)
            painter.drawPixmap(0, middle - px(8), icon.pixmap(px(16), px(16)))
            painter.setPen(self._theme.colour(colour))
            room = self.width() - px(_TEXT) - px(30)
            middle_cut = Qt.TextElideMode.ElideMiddle  # what was called, and what came of it, stay
            shown = self.fontMetrics().elidedText(self.text(), middle_cut, room)
            wide = self.fontMetrics().horizontalAdvance(shown)
            where = self.rect().adjusted(px(_TEXT), 0, 0, 0)
            painter.drawText(
                where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown
            )
            arrow = "chevron-down" if self.isChecked() else "chevron-right"
            icon = self._theme.icon(arrow, colour, 14)
            left = px(_TEXT) + wide + px(8)
            painter.drawPixmap(left, middle - px(7), icon.pixmap(px(14), px(14)))
        finally:
            painter.end()


def _icon(call: CallState | None) -> str:
    if call is None or is_python(call.part.name):
        return "tool"
    if call.outcome in _ALERTS:
        return "alert"
    if is_browser(call.part.name):
        return "file" if is_open(call.part.name) else "search"
    return "wrench"


class CallView(ItemView):
    """A call: its row, a question to the user, and what it contains if it is open."""

    gap = 4

    def __init__(self, answer: AnswerParts, parent: QWidget) -> None:
        super().__init__(answer, parent)
        self.setObjectName("callRow")
        self._call: CallState | None = None
        self.head = CallHeader(answer.theme)
        self.head.setParent(self)
        self.head.clicked.connect(self._toggle)
        self.head.widened.connect(answer.lay_out_again)
        self._stop = Button(
            answer.theme, "stopCall", tr("Stop"), text=tr("Stop"), kind="small", pixels=12,
            shortcut="Esc", clicked=answer.stop_turn,
        )  # fmt: skip
        self._stop.setParent(self)
        self._card: ConsentCard | None = None
        self._code = answer.make_canvas("toolCode", tr("Input"), self)
        self._output = answer.make_canvas("toolOutput", tr("Output"), self)
        self._more = Button(
            answer.theme, "showAllOutput", tr("Show all"), text=tr("Show all"), kind="link",
            pixels=13, clicked=self._show_all,
        )  # fmt: skip
        self._more.setParent(self)
        self._raw = Button(
            answer.theme, "rawOutput", tr("Show original"), text=tr("Show original"), kind="link",
            pixels=13, shortcut="Space", clicked=self._toggle_raw,
        )  # fmt: skip
        self._raw.setParent(self)
        self._changes = muted(name="callChanges", pixels=13)
        self._changes.setParent(self)
        self._changes.setWordWrap(True)
        self._rerun: RerunView | None = None

    def show_call(self, call: CallState) -> None:
        """Show another call, or the same one as it is now."""
        self._call = call
        self.head.set_call(call)
        self._stop.setVisible(call.running)
        self._show_card(call)
        visible = call.visible
        style = Style(self.answer.pixels, "text")
        for section, canvas in ((call.code, self._code), (call.output, self._output)):
            canvas.setVisible(section in visible)
            if section in visible:
                self.answer.show_text(canvas, section, style)
        lines = call.output.hidden_lines if call.output in visible else 0
        self._more.setVisible(lines > 0 and not call.running)
        if lines:
            words = show_all_words(lines)
            self._more.setText(words)
            self._more.setAccessibleName(words)
        self._raw.setVisible(call.output in visible and call.readable)
        words = tr("Show as text") if call.raw else tr("Show original")
        if words != self._raw.text():
            self._raw.setText(words)
            self._raw.setAccessibleName(words)
        self._raw.setToolTip(tip(tr("The text as the model has read it"), "Space"))
        self._show_rerun(call)
        self._changes.setText(call.changes)
        self._changes.setVisible(call.opened and bool(call.changes))
        self.show()

    def _show_rerun(self, call: CallState) -> None:
        offered = call.opened and call.repeatable
        if self._rerun is None and offered:
            self._rerun = RerunView(self.answer, self)
        if self._rerun:
            self._rerun.setVisible(offered)
            if offered:
                self._rerun.show_call(call)

    def _show_card(self, call: CallState) -> None:
        consent = call.consent
        if consent is None:
            if self._card and not self._card.isHidden():
                if self._card.isAncestorOf(QApplication.focusWidget() or self):
                    self.head.setFocus(Qt.FocusReason.OtherFocusReason)
                self._card.hide()
            return
        if self._card is None:
            self._card = ConsentCard(self.answer.theme, self)
            self._card.decided.connect(self.answer.decide)
            self._card.resized.connect(self.answer.lay_out_again)
        self._card.set_consent(consent, call.before)
        self._card.show()

    @property
    def card(self) -> ConsentCard | None:
        """The question to the user, if there is one."""
        return self._card if self._card and not self._card.isHidden() else None

    def lay_out(self, width: int) -> int:
        px = self.answer.theme.px
        stop = self._stop.sizeHint() if not self._stop.isHidden() else QSize()
        high = self.head.sizeHint().height()
        room = width - (stop.width() + px(10) if stop.isValid() else 0)
        wide = min(room, self.head.sizeHint().width())
        self.head.setGeometry(0, 0, wide, high)
        if stop.isValid():
            left = wide + px(10)
            self._stop.setGeometry(left, (high - stop.height()) // 2, *stop.toTuple())
        y = high
        if card := self.card:
            y += px(4)
            high = card.height_for(width)
            card.setGeometry(0, y, width, high)
            y += high + px(6)
        for canvas in (self._code, self._output):
            if not canvas.isHidden():
                y += px(6)
                high = canvas.height_for(width)
                canvas.setGeometry(0, y, width, high)
                y += high
        links = [link for link in (self._more, self._raw) if not link.isHidden()]
        left = 0
        for link in links:
            size = link.sizeHint()
            link.setGeometry(left, y + px(4), *size.toTuple())
            left += size.width() + px(12)
        y += links[0].sizeHint().height() + px(4) if links else 0
        if not self._changes.isHidden():
            high = self._changes.heightForWidth(width)
            self._changes.setGeometry(0, y + px(6), width, high)
            y += high + px(6)
        if self._rerun and not self._rerun.isHidden():
            high = self._rerun.lay_out(width)
            self._rerun.setGeometry(0, y + px(6), width, high)
            y += high + px(6)
        return y + (px(6) if self._call and self._call.opened else 0)

    def stops(self) -> list[QWidget]:
        card = self._card.stops() if self._card else []
        again = self._rerun.stops() if self._rerun else []
        links = self._more, self._raw
        return [self.head, self._stop, *card, self._code, self._output, *links, *again]

    def _toggle(self, opened: bool) -> None:
        call = self._call
        assert call
        self.answer.place_changed(lambda: setattr(call, "opened", opened))

    def _toggle_raw(self) -> None:
        call = self._call
        assert call
        self.answer.place_changed(lambda: call.show_raw(not call.raw))

    def _show_all(self) -> None:
        assert self._call
        self.answer.place_changed(self._call.output.show_all)
