"""The row under a message: its other versions, its statistics, and buttons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.base.answer_events import Stats
from app.base.types import Effort
from app.engine.remote.refusals import EFFORT
from app.store import MessageRow
from app.ui.controls import Button, muted
from app.ui.conversation.message_state import MessageState
from app.ui.theme import Theme
from app.wording.answered_by import model_on_host
from app.wording.citation_words import invalid_citations
from app.wording.efforts import effort_name
from app.wording.language import number, tr


def menu_button(theme: Theme, wanted: Callable[[QWidget], object]) -> Button:
    """Return the button of a message's menu, whose icon is shown where it is needed."""
    button = Button(theme, "messageMenu", tr("More actions"), icon="more", size=16)
    button.setFixedSize(button.sizeHint())  # also without the icon
    button.clicked.connect(lambda: wanted(button))
    return button


class VersionSwitch(QWidget):
    """An indicator of which version of a message this is, with buttons for the others."""

    wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._others: tuple[int | None, int | None] = (None, None)
        self._label = muted(name="version")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._previous = Button(
            theme, "previousVersion", tr("Previous version"), icon="chevron-left", size=14,
            clicked=partial(self._go, 0),
        )  # fmt: skip
        self._next = Button(
            theme, "nextVersion", tr("Next version"), icon="chevron-right", size=14,
            clicked=partial(self._go, 1),
        )  # fmt: skip
        for widget in (self._previous, self._label, self._next):
            row.addWidget(widget)
        self.hide()

    def set_record(self, record: MessageState, busy: bool) -> None:
        """Show the versions of a message; ``busy`` disables the buttons."""
        all_, here = record.versions, record.row.id
        self.setVisible(here in all_)
        if here not in all_:
            return
        at = all_.index(here)
        before = all_[at - 1] if at else None
        after = all_[at + 1] if at + 1 < len(all_) else None
        self._others = before, after
        place, count = at + 1, len(all_)
        self._label.setText(tr("{place} of {count}").format(place=place, count=count))
        self._label.setAccessibleName(
            tr("Version {place} of {count}").format(place=place, count=count)
        )
        self._previous.setEnabled(before is not None and not busy)
        self._next.setEnabled(after is not None and not busy)

    def _go(self, side: int) -> None:
        if (other := self._others[side]) is not None:
            self.wanted.emit(other)


class MessageFooter(QWidget):
    """Buttons under an answer, and its statistics."""

    copy = Signal()
    again = Signal(QWidget)
    """Another version is wanted; the button that was pressed."""
    more = Signal(QWidget)
    """The menu of the answer is wanted; the button that was pressed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._copy = Button(
            theme,
            "copyMessage",
            tr("Copy answer"),
            icon="copy",
            size=16,
            clicked=self.copy.emit,
        )
        self.regenerate = Button(
            theme, "regenerate", tr("Regenerate…"), icon="retry", size=16,
            clicked=lambda: self.again.emit(self.regenerate),
        )  # fmt: skip
        self.menu_button = menu_button(theme, self.more.emit)
        self.menu_button.installEventFilter(self)
        self.versions = VersionSwitch(theme)
        self._details = muted(name="made")
        self._said = ""
        layout.addWidget(self._copy)
        layout.addWidget(self.regenerate)
        layout.addWidget(self.versions)
        layout.addSpacing(6)
        layout.addWidget(self._details)
        layout.addSpacing(4)
        layout.addWidget(self.menu_button)  # last, so that it leaves no gap while it is hidden
        layout.addStretch(1)

    def set_row(self, row: MessageRow, invalid: int = 0) -> None:
        """Show the footer of this answer, in which so many citations lead nowhere."""
        self._copy.setVisible(bool(row.message.text))
        effort = effort_name(row.effort or Effort.MEDIUM)
        if row.stats and EFFORT in row.stats.left_out:
            effort = ""
        said = [effort, model_on_host(row.model, row.host)]
        if row.stats and row.stats.tokens_per_second:
            said.append(
                tr("{tokens_per_second} tokens/s").format(
                    tokens_per_second=number(row.stats.tokens_per_second)
                )
            )
        if invalid:
            said.append(invalid_citations(invalid))
        self._said = " · ".join(text for text in said if text)
        self._details.setAccessibleName(self._said)
        self._details.setToolTip(_stats(row.stats, here=not row.host) if row.stats else "")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Cut what is said in its middle if there is no room: hosts may have long names."""
        beside = (self._copy, self.regenerate, self.versions, self.menu_button)
        shown = [w.sizeHint().width() for w in beside if not w.isHidden()]
        room = self.width() - sum(shown) - _GAPS
        middle = Qt.TextElideMode.ElideMiddle
        self._details.setText(self._details.fontMetrics().elidedText(self._said, middle, room))

    def copied(self) -> None:
        """Show for a moment that the answer was copied."""
        self._copy.set_icon("check")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.set_icon("copy"))

    def set_hovered(self, hovered: bool) -> None:
        """Show the button of the menu only while the pointer is over the answer."""
        self.menu_button.set_icon("more" if hovered or self.menu_button.hasFocus() else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the button of the menu while it has the keyboard focus, too."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.set_hovered(event.type() is QEvent.Type.FocusIn)
        return False


def _stats(stats: Stats, *, here: bool) -> str:
    """Return all statistics as text, one per line; ``here``: it was generated on this computer."""
    said = [
        tr("Prompt: {prompt_tokens} tokens ({reused} from cache)").format(
            prompt_tokens=number(stats.prompt_tokens), reused=number(stats.reused)
        )
    ]
    if stats.prompt_s and stats.evaluated >= _ENOUGH:
        said.append(
            tr("Prompt speed: {tokens_per_second} tokens/s ({prompt_s} s)").format(
                tokens_per_second=number(stats.prompt_tokens_per_second, 1),
                prompt_s=number(stats.prompt_s, 1),
            )
        )
    own = [
        tr("Peak memory: {size} MB").format(size=number(stats.peak_memory / 10**6)),
        tr("Seed: {seed}").format(seed=stats.seed),
    ]
    return "\n".join(
        (
            *said,
            tr("Time to first token: {first_token_s} s").format(
                first_token_s=number(stats.first_token_s, 2)
            ),
            tr("Generated: {generated} tokens ({reasoning_tokens} reasoning)").format(
                generated=number(stats.generated), reasoning_tokens=number(stats.reasoning_tokens)
            ),
            tr("Speed: {tokens_per_second} tokens/s ({generation_s} s)").format(
                tokens_per_second=number(stats.tokens_per_second, 1),
                generation_s=number(stats.generation_s, 1),
            ),
            *(own if here else []),
        )
    )


_GAPS = 24  # pixels between what is in a row under an answer
_ENOUGH = 16  # prompt tokens: the speed of fewer is that of a single step
