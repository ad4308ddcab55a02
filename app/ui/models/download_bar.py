"""The downloads in the sidebar: what is under way, and what is ready to be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from app.ui.controls import Button, Elided, ProgressLine, column, muted, set_across, set_tone, tip
from app.ui.models.cancel_menu import ask_what_to_keep
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.quantities import percent

if TYPE_CHECKING:  # the window shows this bar at the start, but models' values only later
    from app.wording.download_status import DownloadStatus, ReadyModel


class DownloadBar(QWidget):
    """A slim view of the downloads, which is hidden while there are none."""

    opened = Signal()
    """The page with the downloads is wanted."""
    resumed = Signal(object)
    """The HubModel to continue with."""
    paused = Signal(object)
    """The HubModel to pause."""
    cancelled = Signal(object, bool)
    """The HubModel to give up, and whether to keep the partial download."""
    used = Signal(Path)
    """A ready model is to be used."""
    dismissed = Signal(Path)
    """A ready model was dismissed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("downloadBar")
        self.setAccessibleName(tr("Downloads"))
        self._ready = _ReadyCard(theme)
        self._ready.used.connect(self.used)
        self._ready.dismissed.connect(self.dismissed)
        self._progress = _ProgressCard(theme)
        self._progress.opened.connect(self.opened)
        self._progress.resumed.connect(self.resumed)
        self._progress.paused.connect(self.paused)
        self._progress.cancelled.connect(self.cancelled)
        layout = column(self, (0, 2, 0, 4), gap=6)
        layout.addWidget(self._ready)
        layout.addWidget(self._progress)
        self.show_ready(None)
        self.show_downloads(())

    def show_ready(self, model: ReadyModel | None) -> None:
        """Show that a model can be used; None if there is none."""
        self._ready.show_model(model)
        self._fold()

    def show_downloads(self, downloads: Sequence[tuple[str, DownloadStatus]]) -> None:
        """Show the downloads with their names, the oldest first."""
        self._progress.show_downloads(downloads)
        self._fold()

    def _fold(self) -> None:
        self.setVisible(not (self._ready.isHidden() and self._progress.isHidden()))


class _ReadyCard(QFrame):
    """A model that can be used."""

    used = Signal(Path)
    dismissed = Signal(Path)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("readyModel")
        self._model: ReadyModel | None = None
        self._text = muted("", "readyText", pixels=13)
        set_tone(self._text, "plain")
        self._text.setWordWrap(True)
        self._use = Button(
            theme, "useReady", tr("Use now"), text=tr("Use now"), kind="primary",
            clicked=lambda: self._emit(self.used),
        )  # fmt: skip
        dismiss = Button(
            theme, "dismissReady", tr("Dismiss"), icon="close", size=14,
            clicked=lambda: self._emit(self.dismissed),
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._text, 1)
        row.addWidget(dismiss, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(self, (12, 8, 8, 10), gap=8)
        layout.addLayout(row)
        layout.addWidget(self._use, 0, Qt.AlignmentFlag.AlignLeft)

    def show_model(self, model: ReadyModel | None) -> None:
        self._model = model
        self.setVisible(model is not None)
        if model:
            text = tr("{name} is ready").format(name=model.name)
            self._text.setText(text)
            self.setAccessibleName(text)
            use = tr("Use now")
            self._use.setAccessibleName(f"{use}: {model.name}")

    def _emit(self, signal: SignalInstance) -> None:
        if self._model:
            signal.emit(self._model.path)


class _ProgressCard(QFrame):
    """The downloads in progress; a click leads to them."""

    opened = Signal()
    resumed = Signal(object)
    paused = Signal(object)
    cancelled = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("downloadsCard")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._one: DownloadStatus | None = None
        self._name = Elided("downloadName")
        self._name.setFont(font(13, 500))
        self._share = muted("", "downloadPercent", pixels=13)
        self._bar = ProgressLine("barProgress", tr("Downloads"), tr("Download progress"), 4)
        self._text = muted("", "downloadText", pixels=12)
        self._text.setWordWrap(True)
        self._open = Button(
            theme, "openDownloads", tr("Show downloads"), icon="chevron-right", size=14,
            clicked=self.opened.emit,
        )  # fmt: skip
        self._pause = Button(
            theme, "pauseDownload", tr("Pause"), icon="pause", size=14, clicked=self._toggle
        )
        self._cancel = Button(
            theme,
            "cancelInBar",
            tr("Cancel download"),
            icon="close",
            size=14,
            clicked=self._give_up,
        )
        head, buttons = QHBoxLayout(), QHBoxLayout()
        head.setContentsMargins(0, 0, 4, 0)
        head.setSpacing(6)
        head.addWidget(self._name, 1)
        head.addWidget(self._share)
        buttons.setSpacing(0)
        buttons.addStretch(1)
        for button in (self._pause, self._cancel, self._open):
            buttons.addWidget(button)
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._foot.setSpacing(0)
        self._foot.addWidget(self._text, 1)
        self._foot.addLayout(buttons)
        layout = column(self, (12, 8, 8, 4), gap=6)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        layout.addLayout(self._foot)

    def show_downloads(self, downloads: Sequence[tuple[str, DownloadStatus]]) -> None:
        self.setVisible(bool(downloads))
        if not downloads:
            return
        statuses = [status for _, status in downloads]
        whole = sum(status.model.size for status in statuses)
        done = sum(status.share * status.model.size for status in statuses)
        share = done / whole if whole else 0.0
        several = len(downloads) > 1
        name = tr("%n download(s)", "", len(downloads)) if several else downloads[0][0]
        told = _most_important(statuses)
        self._one = None if several else statuses[0]
        self._name.set_text(name)
        self._share.setText(percent(share))
        self._bar.set_share(share)
        self._text.setText(told.brief)
        self._text.setToolTip(tip(told.text))
        # A sentence takes the whole width; figures leave room for the buttons.
        set_across(self._foot, not (told.waiting or told.wrong))
        set_tone(self._text, "danger" if told.wrong else "muted")
        self.setAccessibleName(f"{name}, {percent(share)}, {told.brief}")
        self._pause.setVisible(not several)
        self._cancel.setVisible(not several)
        moving = told.moving
        words = tr("Pause") if moving else tr("Try again") if told.failed else tr("Resume")
        self._pause.set_icon("pause" if moving else "retry" if told.failed else "continue")
        self._pause.setAccessibleName(f"{words}: {name}")
        self._pause.setToolTip(words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.opened.emit()
        else:
            super().mousePressEvent(event)

    def _toggle(self) -> None:
        if self._one:
            signal = self.paused if self._one.moving else self.resumed
            signal.emit(self._one.model)

    def _give_up(self) -> None:
        if one := self._one:
            ask_what_to_keep(
                self._cancel, one.share, lambda keep: self.cancelled.emit(one.model, keep)
            )


def _most_important(statuses: Sequence[DownloadStatus]) -> DownloadStatus:
    """Return the one to tell about: what the user has to see to, else what is moving."""

    def rank(status: DownloadStatus) -> tuple[bool, bool, bool]:
        return not status.wrong, not status.moving, status.waiting

    return min(statuses, key=rank)
