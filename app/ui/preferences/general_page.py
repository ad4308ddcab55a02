"""The general preferences."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import __version__
from app.base.settings import LARGEST_TEXT, SMALLEST_TEXT, Settings, ThemeChoice
from app.ui.choices import Segments, Switch
from app.ui.controls import Button, muted
from app.ui.dialogs import ask_folder
from app.ui.form_fields import ChoiceField
from app.ui.form_page import FormPage, FormRow
from app.ui.qt_language import code_of
from app.ui.theme import Theme
from app.wording.language import LANGUAGES, number, tr, used


class GeneralPage(FormPage):
    """The page with theme, language, text size, notifications and the folder of exports."""

    about = Signal()
    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    """A language's code, or "" for the system's."""
    restart_wanted = Signal()
    text_size_chosen = Signal(int)
    notify_chosen = Signal(bool)
    export_folder_chosen = Signal(str)
    """A folder; "" for the one that was used last."""

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__("generalPage", tr("General"))
        self._theme, self._settings = theme, settings
        self._language_row = FormRow(tr("Language"), "", self._language_choice())
        self._show_language(settings.language)
        self._folder_row = FormRow(tr("Export folder"), "", self._folder_choice())
        self.show_export_folder(settings.exports)
        for row in self._rows():
            self.column.addWidget(row)
        self.column.addSpacing(14)
        self.column.addStretch(1)
        self._add_version()

    def _rows(self) -> Iterable[FormRow]:
        yield FormRow(tr("Theme"), "", self._theme_choice())
        yield self._language_row
        yield FormRow(tr("Message text size"), "", self._text_size())
        yield FormRow(
            tr("Notifications"),
            tr("For answers that take over 10 seconds while Fireside is in the background."),
            self._notifications(),
        )
        yield self._folder_row

    def show_text_size(self, pixels: int) -> None:
        """Show the text size of messages, which was chosen elsewhere."""
        if self.text_size.value != pixels:
            self.text_size.set_stops(_sizes(), pixels)

    def show_export_folder(self, folder: str) -> None:
        """Show where exports begin; "" for the folder that was used last."""
        self._folder_row.explain(folder or tr("Last used folder"))
        self._usual_folder.setVisible(bool(folder))

    def _theme_choice(self) -> QWidget:
        choices = [
            (ThemeChoice.SYSTEM, tr("System"), "themeSystem", ""),
            (ThemeChoice.LIGHT, tr("Light"), "themeLight", ""),
            (ThemeChoice.DARK, tr("Dark"), "themeDark", ""),
        ]
        theme = Segments("theme", tr("Theme"), choices)
        theme.set_value(self._settings.theme)
        theme.chosen.connect(self.theme_chosen)
        return theme

    def _language_choice(self) -> QWidget:
        choices = [("", tr("System"), "languageSystem", "")]
        choices += [
            (code, name, f"language{code.capitalize()}", "") for code, name in LANGUAGES.items()
        ]
        field = Segments("language", tr("Language"), choices)
        wanted = self._settings.language
        field.set_value(wanted if wanted in LANGUAGES else "")
        field.chosen.connect(self._choose_language)
        self._restart = Button(
            self._theme, "restart", tr("Restart Fireside"), text=tr("Restart"),
            clicked=self.restart_wanted.emit,
        )  # fmt: skip
        return _beside(self._restart, field)

    def _choose_language(self, code: str) -> None:
        self.language_chosen.emit(code)
        self._show_language(code)

    def _show_language(self, chosen: str) -> None:
        later = code_of(chosen) != used()
        self._language_row.explain(tr("Takes effect after a restart.") if later else "")
        self._restart.setVisible(later)

    def _text_size(self) -> QWidget:
        label = tr("Message text size")
        self.text_size = ChoiceField("textSize", label, label)
        self.text_size.set_stops(_sizes(), self._settings.text_size)
        self.text_size.turned.connect(lambda: self.text_size_chosen.emit(self.text_size.value))
        return self.text_size

    def _notifications(self) -> QWidget:
        notify = Switch("notify", tr("Notifications"), on=self._settings.notify)
        notify.turned.connect(self.notify_chosen)
        return notify

    def _folder_choice(self) -> QWidget:
        choose = Button(
            self._theme, "chooseExports", tr("Choose export folder"), text=tr("Choose…"),
            clicked=self._ask_folder,
        )  # fmt: skip
        self._usual_folder = Button(
            self._theme, "usualExports", tr("Use the last used folder"), text=tr("Reset"),
            clicked=lambda: self.export_folder_chosen.emit(""),
        )  # fmt: skip
        return _beside(self._usual_folder, choose)

    def _ask_folder(self) -> None:
        ask_folder(
            self,
            tr("Export folder"),
            lambda path: self.export_folder_chosen.emit(str(path)),
            at=self._settings.exports or self._settings.export_folder,
        )

    def _add_version(self) -> None:
        about = Button(
            self._theme, "openAbout", tr("About Fireside: updates and licences"),
            text=tr("About Fireside…"), clicked=self.about.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(muted(f"Fireside {__version__}", "version"), 1)
        row.addWidget(about)
        self.column.addLayout(row)


def _beside(*widgets: QWidget) -> QWidget:
    """Return a widget with others beside each other."""
    all_of_them = QWidget()
    row = QHBoxLayout(all_of_them)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return all_of_them


def _sizes() -> list[tuple[int, str]]:
    """Return the text sizes with their names."""
    usual = Settings().text_size

    def name(pixels: int) -> str:
        words = tr("{size} px (default)") if pixels == usual else tr("{size} px")
        return words.format(size=number(pixels))

    return [(pixels, name(pixels)) for pixels in range(SMALLEST_TEXT, LARGEST_TEXT + 1)]
