"""“Run again” in an opened call, and what came of it the last time."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.ui.blocks.box import Style
from app.ui.controls import Button, muted
from app.ui.conversation.call_state import CallState, RerunState
from app.ui.conversation.item_view import AnswerParts, ItemView
from app.ui.conversation.made_view import MadeView
from app.wording.language import tr

_GAP = 6


class RerunView(ItemView):
    """A button that runs a call again; below it a heading, the output, figures and files."""

    def __init__(self, answer: AnswerParts, parent: QWidget) -> None:
        super().__init__(answer, parent)
        self.setObjectName("rerun")
        self._call: CallState | None = None
        theme = answer.theme
        self._again = Button(
            theme, "runAgain", tr("Run again"), text=tr("Run again"), kind="small", pixels=12,
            shortcut="Space", clicked=self._wanted,
        )  # fmt: skip
        self._stop = Button(
            theme, "stopRerun", tr("Stop"), text=tr("Stop"), kind="small", pixels=12,
            shortcut="Space", clicked=self._stopped,
        )  # fmt: skip
        self._heading = muted(name="rerunHeading", pixels=13)
        self._heading.setWordWrap(True)
        for child in (self._again, self._stop, self._heading):
            child.setParent(self)
        self._output = answer.make_canvas("rerunOutput", tr("Output"), self)
        self._more = Button(
            theme, "showAllRerun", tr("Show all"), text=tr("Show all"), kind="link", pixels=13,
            clicked=self._show_all,
        )  # fmt: skip
        self._more.setParent(self)
        self._made: list[MadeView] = []
        self._seconds = QTimer(self)
        self._seconds.setInterval(1000)
        self._seconds.timeout.connect(self._count)

    def show_call(self, call: CallState) -> None:
        """Show another call, or the same one as it is now."""
        self._call = call
        rerun = call.rerun
        running = rerun is not None and rerun.running
        if running != self._seconds.isActive():
            self._seconds.start() if running else self._seconds.stop()
        if not running and self._stop.hasFocus():
            self._again.setFocus(Qt.FocusReason.OtherFocusReason)
        self._stop.setVisible(running)
        self._heading.setVisible(rerun is not None)
        self._tell()
        text = rerun is not None and bool(rerun.output.source)
        self._output.setVisible(text)
        lines = 0
        if rerun and text:
            self.answer.show_text(self._output, rerun.output, Style(self.answer.pixels, "text"))
            lines = 0 if running else rerun.output.hidden_lines
        self._more.setVisible(lines > 0)
        if lines:
            self._more.setText(show_all_words(lines))
            self._more.setAccessibleName(show_all_words(lines))
        self._show_made(rerun)

    def _show_made(self, rerun: RerunState | None) -> None:
        files = rerun.made if rerun else []
        while len(self._made) < len(files):
            self._made.append(MadeView(self.answer, self))
        for view, made in zip(self._made, files, strict=False):
            view.show_made(made)
        for view in self._made[len(files) :]:
            view.hide()

    def lay_out(self, width: int) -> int:
        px = self.answer.theme.px
        button = self._again.sizeHint()
        self._again.setGeometry(0, 0, *button.toTuple())
        y = button.height()
        if not self._heading.isHidden():
            y += px(_GAP)
            stop = self._stop.sizeHint() if not self._stop.isHidden() else QSize(0, 0)
            room = width - (stop.width() + px(10) if stop.width() else 0)
            wide = min(room, self._heading.sizeHint().width() + 1) if stop.width() else room
            text = self._heading.heightForWidth(wide)
            high = max(text, stop.height())
            self._heading.setGeometry(0, y + (high - text) // 2, wide, text)
            self._stop.setGeometry(wide + px(10), y + (high - stop.height()) // 2, *stop.toTuple())
            y += high
        if not self._output.isHidden():
            high = self._output.height_for(width)
            self._output.setGeometry(0, y + px(_GAP), width, high)
            y += high + px(_GAP)
        if not self._more.isHidden():
            size = self._more.sizeHint()
            self._more.setGeometry(0, y + px(4), *size.toTuple())
            y += size.height() + px(4)
        for view in self._made:
            if not view.isHidden():
                high = view.lay_out(width)
                view.setGeometry(0, y + px(10), width, high)
                y += high + px(10)
        return y

    def stops(self) -> list[QWidget]:
        made = [stop for view in self._made for stop in view.stops()]
        return [self._again, self._stop, self._output, self._more, *made]

    def _count(self) -> None:
        if not self.isVisible():  # a spare one, until it shows another call
            self._seconds.stop()
            return
        self._tell()
        self.answer.lay_out_again()

    def _tell(self) -> None:
        if self._call and self._call.rerun:
            text = self._call.rerun.label()
            self._heading.setText(text)
            self._heading.setAccessibleName(text)

    def _wanted(self) -> None:
        if self._call:
            self.answer.run_again(self._call)

    def _stopped(self) -> None:
        if self._call:
            self.answer.stop_rerun(self._call)

    def _show_all(self) -> None:
        if self._call and self._call.rerun:
            self.answer.place_changed(self._call.rerun.output.show_all)


def show_all_words(lines: int) -> str:
    """Return the text of the button that shows all of a long output."""
    return tr("Show all %Ln line(s)", "", lines) if lines > 1 else tr("Show all")
