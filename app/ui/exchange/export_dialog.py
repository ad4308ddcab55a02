"""The dialog of an export: its options, destination and progress."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from app.base.settings import Settings
from app.ui.choices import Segments, Switch
from app.ui.controls import Button, ProgressLine, column, muted, set_tone
from app.ui.dialogs import ask_folder
from app.ui.form_fields import DialogButtons, heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme, font
from app.wording.language import tr


class ExportDialog(FittingDialog):
    """A dialog that asks how to export chats.

    It begins with the last choices, from ``settings``, and changes nothing itself. ``several``:
    whether there may be more than one chat.
    """

    wanted = Signal()
    """The user has confirmed the options."""
    given_up = Signal()
    """The dialog was closed, whether the export was running or not."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        name: str,
        settings: Settings,
        several: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._theme, self._several = theme, several
        self.setObjectName("exportDialog")
        self.setWindowTitle(tr("Export"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(540)
        self.resize(540, 300)
        layout = column(self, (28, 22, 28, 22), gap=10)
        head = heading(title, 18, 640)
        head.setWordWrap(True)
        layout.addWidget(head)
        layout.addSpacing(4)
        self._choices = QWidget()
        layout.addWidget(self._choices)
        layout.addStretch(1)
        self._make_fields(name, settings)
        self._arrange_fields()
        self.problem = note("", "exportProblem")
        self.problem.hide()
        layout.addWidget(self.problem)
        self.bar = ProgressLine("exportProgress", tr("Export"), tr("Export progress"), 4)
        keeps = self.bar.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keeps)
        self.bar.hide()
        layout.addWidget(self.bar)
        buttons = DialogButtons(
            theme, self, tr("Export"), self.wanted.emit, name="startExport",
            cancel_name="cancelExport",
        )  # fmt: skip
        self._cancel, self.export = buttons.cancel, buttons.primary
        layout.addLayout(buttons)
        self._form_chosen()
        self.form.setFocus()

    # --- Choices ------------------------------------------------------------------------------

    @property
    def place(self) -> Path:
        """The destination folder; a relative path is below the home directory."""
        return Path.home() / self.folder.text().strip().removeprefix("~/")

    @property
    def file(self) -> str:
        """The name of the file, without its suffix."""
        return self.name.text().strip()

    # --- Display ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Show that the export is running."""
        self.problem.hide()
        self._choices.setEnabled(False)
        self.export.setEnabled(False)
        self.bar.set_share(0)
        self.bar.show()
        self._cancel.setFocus()

    def fail(self, sentence: str) -> None:
        """Show an error, and let the user choose again."""
        self._choices.setEnabled(True)
        self.bar.hide()
        self.problem.setText(sentence)
        set_tone(self.problem, "danger")
        self.problem.show()
        self._named()
        self.grow()
        self.export.setFocus()

    def done(self, result: int) -> None:
        """Close, and emit `given_up`."""
        self.given_up.emit()
        super().done(result)

    # --- Parts --------------------------------------------------------------------------------

    def _make_fields(self, name: str, settings: Settings) -> None:
        self.form = Segments(
            "exportForm",
            tr("Format"),
            [
                (".md", "Markdown", "exportMarkdown", ""),
                (".html", tr("Web page"), "exportHtml", ""),
                (".pdf", "PDF", "exportPdf", ""),
                (".json", "JSON", "exportJson", ""),
            ],
        )
        forms = (".md", ".html", ".pdf", ".json")
        self.form.set_value(settings.export_form if settings.export_form in forms else ".md")
        self.form.chosen.connect(self._form_chosen)
        self._about = note("", "exportAbout")
        self._about.setMinimumHeight(36)
        self._about.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.reasoning = Switch(
            "exportReasoning", tr("Reasoning and tools"), on=settings.export_reasoning
        )
        self.branches = Segments(
            "exportBranches",
            tr("Branches"),
            [
                ("shown", tr("Current branch"), "exportShownBranch", ""),
                ("all", tr("All branches"), "exportAllBranches", ""),
            ],
        )
        self.branches.set_value("all" if settings.export_branches else "shown")
        self.name = QLineEdit(name)
        self.name.setProperty("kind", "field")
        self.name.setMaxLength(200)
        self.name.textChanged.connect(self._named)
        self.folder = QLineEdit(settings.exports or settings.export_folder or _documents())
        named(self.folder, "exportFolder", tr("Folder"), tr("Where to save the export"))
        self.folder.setProperty("kind", "field")
        self.folder.textChanged.connect(self._named)

    def _arrange_fields(self) -> None:
        choose = Button(
            self._theme, "chooseExportFolder", tr("Choose folder"), text=tr("Choose…"),
            clicked=self._choose,
        )  # fmt: skip
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.folder, 1)
        where.addWidget(choose)
        self._rows = QFormLayout(self._choices)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(18)
        self._rows.setVerticalSpacing(10)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._rows.addRow(self._label(tr("Format")), self.form)
        below = QFormLayout.ItemRole.FieldRole
        self._rows.setWidget(self._rows.rowCount(), below, self._about)
        self._rows.addRow(self._label(tr("Reasoning and tools")), self.reasoning)
        self._rows.setAlignment(self.reasoning, Qt.AlignmentFlag.AlignVCenter)
        self._rows.addRow(self._label(tr("Branches")), self.branches)
        self._rows.addRow(self._label(tr("Name")), self.name)
        self._rows.addRow(self._label(tr("Folder")), where)

    def _label(self, text: str) -> QWidget:
        label = muted(text, pixels=13)
        label.setFont(font(13, 500))
        label.setMinimumSize(84, 32)
        return label

    def _form_chosen(self) -> None:
        """Describe the chosen format. JSON always has all reasoning and branches."""
        form = self.form.value
        whole = form == ".json"
        for field in (self.reasoning, self.branches):
            self._rows.setRowVisible(field, not whole)
        folder = self._several and not whole
        tip = tr("Folder name") if folder else tr("File name")
        named(self.name, "exportName", tr("Name"), tip)
        about = {
            ".md": tr("Markdown text"),
            ".html": tr("Self-contained web page"),
            ".pdf": tr("For reading and printing"),
            ".json": tr("Complete export; can be imported again"),
        }[form]
        if folder:
            about += "\n" + tr("Each chat is saved as a separate file.")
        self._about.setText(about)
        self.grow()

    def _named(self) -> None:
        self.export.setEnabled(bool(self.file and self.folder.text().strip()))

    def _choose(self) -> None:
        ask_folder(
            self,
            tr("Choose folder"),
            lambda path: self.folder.setText(str(path)),
            at=str(self.place),
        )


def _documents() -> str:
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return QStandardPaths.writableLocation(place) or str(Path.home())
