"""The page on which presets are edited, exported and imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QVBoxLayout

from app.store import Preset
from app.ui.controls import Button, set_tone
from app.ui.dialogs import ask_file, ask_target
from app.ui.form_fields import named, note
from app.ui.form_page import FormPage
from app.ui.notice import Notice
from app.ui.preferences.preset_form import PresetForm
from app.ui.state.chat_tools import ChatTools
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.errors import explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.exchange import PresetReport

_SUFFIX = ".fireside-presets.json"


class PresetsPage(FormPage):
    """A list of presets, and a form for the selected one.

    Each change is saved at once, and applies to chats that are given the preset later.
    """

    def __init__(
        self, theme: Theme, presets: PresetIndex, models: ModelChoice, tools: ChatTools
    ) -> None:
        super().__init__("presetsPage", tr("Presets"))
        self._theme, self._presets, self._new_tools = theme, presets, tools.plain
        self._deleted: list[Preset] = []  # to be restored by undo
        self.add_note(
            tr("Saved settings for new chats. Changing a preset doesn’t affect existing chats.")
        )
        self._status = self.add_note("", "presetsTold")
        self._status.hide()
        self._add_undo()
        self.column.addSpacing(6)
        self._form = PresetForm(theme, models, tools)
        self._form.edited.connect(presets.save)
        self._none = note(tr("No presets yet"), "noPresets")
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        columns = QHBoxLayout()
        columns.setSpacing(22)
        columns.addLayout(self._list_column())
        columns.addWidget(self._form, 1)
        columns.addWidget(self._none, 1)
        self.column.addLayout(columns, 1)
        presets.changed.connect(self._show)
        presets.added.connect(self._select)
        presets.brought.connect(self._show_import)
        presets.exported.connect(self._show_export)
        presets.refused.connect(self._show_error)
        self._show()

    def leave(self) -> None:
        self._form.finish()

    # --- The list ---------------------------------------------------------------------------

    def _list_column(self) -> QVBoxLayout:
        self._list = QListWidget()
        named(self._list, "presetList", tr("Presets"), tr("Use the arrow keys to choose"))
        self._list.setFont(font(14, 450))
        self._list.setFixedWidth(152)
        self._list.setFixedHeight(250)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentRowChanged.connect(self._chosen)
        keys = QShortcut(QKeySequence(Qt.Key.Key_Delete), self._list)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self._delete)
        new = Button(self._theme, "newPreset", tr("New preset"), icon="plus", clicked=self._new)
        duplicate = Button(
            self._theme, "duplicatePreset", tr("Duplicate preset"), icon="copy",
            clicked=self._duplicate,
        )  # fmt: skip
        delete = Button(
            self._theme, "deletePreset", tr("Delete preset"), icon="trash", shortcut="Del",
            clicked=self._delete,
        )  # fmt: skip
        self._single_preset_buttons = [duplicate, delete]
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (new, duplicate, delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self._list)
        left.addLayout(buttons)
        left.addSpacing(8)
        for button in self._files():
            left.addWidget(button)
        left.addStretch(1)
        return left

    def _show(self) -> None:
        """Show the presets, keeping the selection."""
        rows = self._presets.rows
        shown = self._form.preset
        ids = [preset.id for preset in rows]
        at = min(max(0, self._list.currentRow()), len(rows) - 1)
        if shown and shown.id in ids:
            at = ids.index(shown.id)
        with QSignalBlocker(self._list):
            self._list.clear()
            for preset in rows:
                name = preset.name
                said = tr("{name} (default)").format(name=name) if preset.default else name
                self._list.addItem(said)
                self._list.item(self._list.count() - 1).setSizeHint(QSize(100, zoomed(34)))
            self._list.setCurrentRow(at)
        self._none.setVisible(not rows)
        for button in self._single_preset_buttons:
            button.setEnabled(bool(rows))
        self._form.show_preset(rows[at] if rows else None)

    def _chosen(self, row: int) -> None:
        self._form.finish()
        self._form.show_preset(self._presets.rows[row])

    def _select_row(self, preset: Preset) -> None:
        if preset in self._presets.rows:
            self._list.setCurrentRow(self._presets.rows.index(preset))

    def _select(self, preset: Preset) -> None:
        """Select a preset that was just added."""
        self._select_row(preset)
        self._form.name.setFocus()
        self._form.name.selectAll()

    def _new(self) -> None:
        self._form.finish()
        self._presets.add(Preset(0, tr("New preset"), tools=self._new_tools()))

    def _duplicate(self) -> None:
        self._form.finish()
        if preset := self._form.preset:
            self._presets.add(replace(preset, default=False))

    def _delete(self) -> None:
        self._form.finish()
        if preset := self._form.preset:
            self._deleted.append(preset)
            count = len(self._deleted)
            one = tr("Deleted “{title}”").format(title=preset.name)
            self._undo.set_text(one if count == 1 else tr("Deleted %Ln preset(s)", "", count))
            self._undo.show()
            self._presets.delete(preset)

    def _undo_deletion(self) -> None:
        self._undo.hide()
        self._presets.add(*self._deleted)
        self._deleted.clear()

    def _add_undo(self) -> None:
        self._undo = Notice(self._theme, "presetUndo", "trash", "muted")
        undo = Button(
            self._theme, "undoPreset", tr("Undo delete"), text=tr("Undo"),
            clicked=self._undo_deletion,
        )  # fmt: skip
        self._undo.add_button(undo)
        self._undo.hide()
        self.column.addWidget(self._undo)

    # --- Files ------------------------------------------------------------------------------

    def _files(self) -> tuple[Button, ...]:
        export = Button(
            self._theme, "exportPreset", tr("Export preset"), text=tr("Export…"),
            clicked=self._export,
        )  # fmt: skip
        export_all = Button(
            self._theme, "exportPresets", tr("Export all presets"),
            text=tr("Export all…"), clicked=self._export_all,
        )  # fmt: skip
        bring = Button(
            self._theme, "importPresets", tr("Import presets"), text=tr("Import…"),
            clicked=self._import,
        )  # fmt: skip
        self._single_preset_buttons += [export, export_all]
        return export, export_all, bring

    def _export(self) -> None:
        self._form.finish()
        if preset := self._form.preset:
            from app.exchange.file_names import file_name

            self._ask_target(file_name(preset.name, _SUFFIX, set()), [preset.id])

    def _export_all(self) -> None:
        self._form.finish()
        self._ask_target(f"presets{_SUFFIX}", None)

    def _ask_target(self, name: str, presets: Sequence[int] | None) -> None:
        ask_target(
            self,
            "presetExportDialog",
            tr("Export presets"),
            lambda path: self._presets.export(path, presets),
            _file_filter(),
            at=name,
            ending=_SUFFIX,
        )

    def _import(self) -> None:
        self._form.finish()
        title = tr("Import presets")
        ask_file(self, "presetImportDialog", title, self._presets.bring, _file_filter())

    def _show_import(self, report: PresetReport) -> None:
        sentences = [tr("Imported %Ln preset(s).", "", len(report.added))]
        if report.renamed:
            sentences.append(
                tr("Renamed %Ln preset(s) whose name was already in use.", "", report.renamed)
            )
        if report.known:
            sentences.append(tr("Skipped %Ln existing preset(s).", "", report.known))
        self._show_status(" ".join(sentences))
        if report.added:
            self._select_row(report.added[0])

    def _show_export(self, path: Path) -> None:
        self._show_status(tr("Exported to {path}").format(path=path))

    def _show_error(self, error: BaseException) -> None:
        self._show_status(explain(error).sentence, "danger")

    def _show_status(self, text: str, tone: str = "muted") -> None:
        set_tone(self._status, tone)
        self._status.setText(text)
        self._status.show()


def _file_filter() -> str:
    return tr("Presets (*.json);;All files (*)")
