"""The graphics card that is being set up, in the sidebar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.ui.controls import Button, ProgressLine, column, muted, set_tone, tip
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.quantities import percent

if TYPE_CHECKING:  # the window need not wait for it
    from app.engine.gpu_library import GpuBuild


class GpuBuildCard(QFrame):
    """How far a GPU library is, or why there will be none; hidden while there is no such."""

    log_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("gpuBuild")
        self._shown: GpuBuild | None = None
        self._dismissed: GpuBuild | None = None
        self._title = muted("", "gpuBuildTitle", pixels=13)
        self._title.setFont(font(13, 500))
        self._title.setWordWrap(True)
        set_tone(self._title, "plain")
        self._share = muted("", "gpuBuildPercent", pixels=13)
        words = tr("Graphics card setup")
        self._bar = ProgressLine("gpuBuildProgress", words, words, 4)
        self._text = muted("", "gpuBuildText", pixels=12)
        self._text.setWordWrap(True)
        self._log = Button(
            theme, "gpuBuildLog", tr("Open log"), text=tr("Open log"),
            clicked=self.log_wanted.emit,
        )  # fmt: skip
        self._dismiss = Button(
            theme, "dismissGpuBuild", tr("Dismiss"), icon="close", size=14,
            clicked=self._put_away,
        )  # fmt: skip
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        head.addWidget(self._share, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._dismiss, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(self, (12, 8, 8, 10), gap=6)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        layout.addWidget(self._text)
        layout.addWidget(self._log, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_build(self, build: GpuBuild | None) -> None:
        """Show a state, unless it is a failure that was dismissed; None if there is nothing."""
        if build == self._shown:
            return
        self._shown = build
        if build is None or build == self._dismissed:
            self.hide()
            return
        from app.wording.gpu_build import build_state, build_title

        title, text, share = build_title(build), build_state(build), build.percent / 100
        self._title.setText(title)
        self._text.setText(text)
        self._share.setText(percent(share))
        self._bar.set_share(share)
        self._share.setVisible(build.running)
        self._bar.setVisible(build.running)
        self._log.setVisible(not build.running)
        self._dismiss.setVisible(not build.running)
        told = [title, percent(share), text] if build.running else [title, text]
        self.setAccessibleName(", ".join(told))
        idle = tr("Fireside uses the CPU until then.")
        self.setToolTip(tip(idle if build.running else build.detail))
        self.show()

    def _put_away(self) -> None:
        self._dismissed = self._shown
        self.hide()
