"""What stands under a message: how it was made, what to do with it, and its other versions."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.base.types import Effort, Stats
from app.store import MessageRow
from app.ui.controls import Button, muted
from app.ui.talk.records import Record
from app.ui.theme import Look


class Versions(QWidget):
    """Which of several messages in one place this is, and the way to the others."""

    wanted = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._others: tuple[int | None, int | None] = (None, None)
        self._said = muted(name="version")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._before, self._after = (
            Button(look, name, label, icon=icon, size=14, clicked=lambda s=side: self._go(s))
            for side, (name, label, icon) in enumerate(
                (
                    ("previousVersion", "The version before", "chevron-left"),
                    ("nextVersion", "The next version", "chevron-right"),
                )
            )
        )
        for widget in (self._before, self._said, self._after):
            row.addWidget(widget)
        self.hide()

    def set_record(self, record: Record, busy: bool) -> None:
        """Whose versions they are."""
        all_, here = record.versions, record.row.id
        self.setVisible(here in all_)
        if here not in all_:
            return
        at = all_.index(here)
        before = all_[at - 1] if at else None
        after = all_[at + 1] if at + 1 < len(all_) else None
        self._others = before, after
        self._said.setText(f"{at + 1} of {len(all_)}")
        self._said.setAccessibleName(f"Version {at + 1} of {len(all_)}")
        self._before.setEnabled(before is not None and not busy)
        self._after.setEnabled(after is not None and not busy)

    def _go(self, side: int) -> None:
        if (other := self._others[side]) is not None:
            self.wanted.emit(other)


class Footer(QWidget):
    """Under an answer: how it was made, and what to do with it."""

    copy = Signal()
    again = Signal(Effort)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._effort = Effort.MEDIUM
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._copy = Button(
            look, "copyMessage", "Copy this answer", icon="copy", size=16, clicked=self.copy.emit
        )
        self.regenerate = Button(
            look, "regenerate", "Try again, at any effort", icon="retry", size=16,
            clicked=self._choose,
        )  # fmt: skip
        self.versions = Versions(look)
        self._made = muted(name="made")
        layout.addWidget(self._copy)
        layout.addWidget(self.regenerate)
        layout.addWidget(self.versions)
        layout.addSpacing(6)
        layout.addWidget(self._made)
        layout.addStretch(1)
        self._menu: QMenu | None = None

    def set_row(self, row: MessageRow) -> None:
        """The answer that it is about."""
        self._effort = row.effort or Effort.MEDIUM
        self._copy.setVisible(bool(row.message.text))
        said = [f"{self._effort.capitalize()} effort", row.model]
        if row.stats and row.stats.tokens_per_second:
            said.append(f"{row.stats.tokens_per_second:,.0f} tokens/s")
        self._made.setText(" · ".join(text for text in said if text))
        self._made.setToolTip(_stats(row.stats) if row.stats else "")

    def copied(self) -> None:
        """Says so, for a moment."""
        self._copy.set_icon("check")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.set_icon("copy"))

    def _choose(self) -> None:
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.setObjectName("regenerateMenu")
            self._menu.addAction("Try again", lambda: self.again.emit(self._effort))
            self._menu.addSeparator()
            for effort in Effort:
                self._menu.addAction(f"With {effort} effort", lambda e=effort: self.again.emit(e))
        self._menu.popup(self.regenerate.mapToGlobal(self.regenerate.rect().bottomLeft()))


def _stats(stats: Stats) -> str:
    """All that was measured, one fact a line."""
    return "\n".join(
        (
            f"Prompt: {stats.prompt_tokens:,} tokens, {stats.reused:,} of them reused",
            f"First token after {stats.first_token_s:.2f} s",
            f"Generated: {stats.generated:,} tokens, {stats.reasoning_tokens:,} of them reasoning",
            f"Speed: {stats.tokens_per_second:,.1f} tokens/s over {stats.generation_s:.1f} s",
            f"Peak memory of the model: {stats.peak_memory / 10**6:,.0f} MB",
            f"Seed: {stats.seed}",
        )
    )
