"""The diagnosis page: what was found on this computer and chosen for it, for bug reports."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QPlainTextEdit

from app.engine.probe import Examined
from app.ui.controls import Button
from app.ui.form_fields import named, set_read_only
from app.ui.form_page import FormPage
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.theme import Theme, mono
from app.wording.errors import explain
from app.wording.language import tr


class DiagnosisPage(FormPage):
    """The page with the report of ``fireside doctor``."""

    def __init__(
        self,
        theme: Theme,
        hardware: HardwareProbe,
        report: Callable[[Examined], str],
        log_tail: Callable[[], str],
    ) -> None:
        """Create the page; ``report`` and ``log_tail`` return the texts to show."""
        super().__init__("diagnosisPage", tr("Diagnostics"))
        self._hardware, self._make_report, self._log_tail = hardware, report, log_tail
        self.add_note(
            tr("Contains none of your chats, so it’s safe to share when asking for help.")
        )
        self._report = QPlainTextEdit(tr("Checking your computer…"))
        named(self._report, "doctorReport", tr("Diagnostics"), tr("Hardware and settings in use"))
        set_read_only(self._report)
        self._report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._report.setFont(mono(12))
        self._report.setMinimumHeight(240)
        self.column.addWidget(self._report, 1)
        self._copy = Button(
            theme, "copyDoctor", tr("Copy diagnostics"), text=tr("Copy"), icon="copy", size=16,
            clicked=self._copy_report,
        )  # fmt: skip
        self._copy.setEnabled(False)
        self.column.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        hardware.examined.connect(self._show_report)
        hardware.failed.connect(self._show_failure)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hardware.look(drivers=True)

    def _show_report(self, examined: Examined) -> None:
        self._show(self._make_report(examined) + self._log_tail())

    def _show_failure(self, error: Exception) -> None:
        self._show(explain(error).sentence + self._log_tail())

    def _show(self, text: str) -> None:
        if text != self._report.toPlainText():  # keeps a selection
            self._report.setPlainText(text)
        self._copy.setEnabled(True)

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self._report.toPlainText())
        self._copy.set_icon("check")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.set_icon("copy"))
