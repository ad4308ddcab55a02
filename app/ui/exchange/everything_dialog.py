"""The dialog of everything in one file: a preview, progress and the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.ui.choices import Switch
from app.ui.controls import ProgressLine, column, set_tone
from app.ui.form_fields import DialogButtons, heading, note
from app.ui.form_page import FormRow
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr

if TYPE_CHECKING:
    from app.exchange.everything import Everything


class EverythingDialog(FittingDialog):
    """A dialog that shows an export or import of everything, and changes nothing itself."""

    given_up = Signal()
    """The dialog was closed, whether something was running or not."""

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("everythingDialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self._wanted: Callable[[], object] = lambda: None
        layout = column(self, (28, 22, 28, 22), gap=10)
        self.head = heading("", 18, 640)
        self.head.setObjectName("everythingHead")
        self.head.setWordWrap(True)
        self.about = note("", "everythingAbout")
        self.settings = Switch("everythingSettings", tr("Import settings"), on=True)
        self._settings_row = FormRow(
            tr("Import settings"), tr("Theme, language, instructions and more."), self.settings
        )
        self._settings_row.hide()
        self.bar = ProgressLine("everythingProgress", title, tr("Progress"), 4)
        for widget in (self.head, self.about, self._settings_row):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.bar)
        buttons = DialogButtons(
            theme, self, "", lambda: self._wanted(), name="everythingStart",
            cancel_name="everythingCancel",
        )  # fmt: skip
        self._cancel, self._start = buttons.cancel, buttons.primary
        layout.addLayout(buttons)

    def done(self, result: int) -> None:
        """Close, and emit `given_up`."""
        self.given_up.emit()
        super().done(result)

    def busy(self, head: str, about: str, *, counted: bool = True) -> None:
        """Show that something is running; ``counted``: whether its share will be known."""
        self._show(head, about)
        self.bar.setRange(0, 1000 if counted else 0)
        self.bar.set_share(0)
        self.bar.show()

    def preview(self, found: Everything, wanted: Callable[[], object]) -> None:
        """Show what is in a file; ``wanted`` is called when it is to be imported."""
        new = found.chats.chats - found.chats.duplicates
        lines = []
        if new:
            lines.append(tr("%Ln new chat(s)", "", new))
        if found.presets:
            lines.append(tr("%Ln new preset(s)", "", len(found.presets)))
        if found.chats.duplicates:
            lines.append(tr("%Ln existing chat(s) will be skipped", "", found.chats.duplicates))
        some = bool(new or found.presets or found.settings)
        head = tr("Import everything?") if some else tr("Nothing new to import")
        self._show(head, "\n".join(lines), tr("Import") if some else "", wanted)
        self._settings_row.setVisible(bool(found.settings))
        self.grow()

    def finish(self, head: str, about: str, button: str, clicked: Callable[[], object]) -> None:
        """Show the result, with a button for what may follow."""
        self._show(head, about, button, clicked)
        self._cancel.setText(tr("Close"))
        self.grow()

    def fail(self, head: str, sentence: str) -> None:
        """Show an error."""
        self._show(head, sentence)
        set_tone(self.about, "danger")
        self._cancel.setText(tr("Close"))
        self.grow()

    def _show(
        self,
        head: str,
        about: str,
        button: str = "",
        clicked: Callable[[], object] = lambda: None,
    ) -> None:
        self.head.setText(head)
        self.setAccessibleName(head)
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self._settings_row.hide()
        self.bar.hide()
        self._start.setText(button)
        self._start.setAccessibleName(button)
        self._start.setToolTip(button)
        self._start.setVisible(bool(button))
        self._wanted = clicked
        (self._start if button else self._cancel).setFocus()
