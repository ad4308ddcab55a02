"""The models on this disk, whatever program downloaded them, and actions on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.models import file_operations
from app.models.disk_scan import InstalledModel, ModelSource
from app.ui.controls import Button, Elided, ProgressLine, column, muted, set_tone, tip
from app.ui.dialogs import ask_folder, confirm
from app.ui.file_manager import reveal
from app.ui.form_fields import heading, organization_mark
from app.ui.models.details import Details
from app.ui.state.installed_list import InstalledList, place_name
from app.ui.theme import Theme, font
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.policy_words import set_by_organization
from app.wording.quantities import day, gigabytes, percent


class InstalledPane(QWidget):
    """The models on this disk, and the folders to search."""

    used = Signal(Path)
    """The model to use."""
    folders_changed = Signal(object)
    """The user's own folders, as a tuple of paths."""

    def __init__(self, theme: Theme, installed: InstalledList, shared: Sequence[Path] = ()) -> None:
        """Create the pane; ``shared`` are folders of an administrator."""
        super().__init__()
        self.setObjectName("herePane")
        self._theme, self._installed = theme, installed
        self._asked: Path | None = None
        self._folders: tuple[str, ...] = ()
        self._folder_rows: list[QWidget] = []
        self._rows: dict[InstalledModel, ModelRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        layout = column(self, gap=12)
        layout.addLayout(self._head())
        layout.addLayout(self._list)
        layout.addSpacing(8)
        self._add_folders(layout, shared)
        installed.changed.connect(self._show)

    def _head(self) -> QHBoxLayout:
        self._status = muted(tr("Scanning…"), "hereStatus", pixels=13)
        self._status.setWordWrap(True)
        again = Button(
            self._theme,
            "lookAgain",
            tr("Rescan for models"),
            text=tr("Rescan"),
            clicked=self._installed.look,
        )
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._status, 1)
        head.addWidget(again, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _add_folders(self, layout: QVBoxLayout, shared: Sequence[Path]) -> None:
        self._folder_list = QVBoxLayout()
        self._folder_list.setSpacing(4)
        layout.addWidget(heading(tr("Your model folders"), 15))
        words = muted(
            tr(
                "Fireside also finds models from Hugging Face, LM Studio, Ollama, Jan and "
                "llama.cpp, without copying them."
            ),
            pixels=13,
        )
        words.setWordWrap(True)
        layout.addWidget(words)
        for folder in shared:
            name = Elided("sharedFolder")
            name.set_text(str(folder))
            layout.addWidget(name)
        if shared:
            layout.addWidget(organization_mark())
        layout.addLayout(self._folder_list)
        add = Button(
            self._theme, "addFolder", tr("Choose model folder"), text=tr("Add folder…"),
            clicked=self._ask_folder,
        )  # fmt: skip
        layout.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)

    def set_asked(self, path: Path | None) -> None:
        """Set the model in use, which can be neither moved nor removed."""
        self._asked = path
        self._show()

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """Show the user's own folders."""
        if folders == self._folders:
            return
        self._folders = folders
        for row in self._folder_rows:
            self._folder_list.removeWidget(row)
            row.deleteLater()
        self._folder_rows = [self._folder(folder) for folder in folders]
        for row in self._folder_rows:
            self._folder_list.addWidget(row)

    def _folder(self, folder: str) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        name = Elided("folder")
        name.set_text(folder)
        others = tuple(each for each in self._folders if each != folder)
        layout.addWidget(name, 1)
        layout.addWidget(
            Button(
                self._theme,
                "removeFolder",
                tr("Remove {folder} from the list (nothing is deleted)").format(folder=folder),
                icon="close",
                size=14,
                clicked=lambda: self.folders_changed.emit(others),
            )
        )
        return row

    def _ask_folder(self) -> None:
        ask_folder(self, tr("Choose model folder"), self._add_folder)

    def _add_folder(self, folder: Path) -> None:
        if str(folder) not in self._folders:
            self.folders_changed.emit((*self._folders, str(folder)))

    def _show(self) -> None:
        models = self._installed.found.models
        for model in [each for each in self._rows if each not in models]:
            row = self._rows.pop(model)
            self._list.removeWidget(row)
            row.deleteLater()
        for place, model in enumerate(models):
            if model not in self._rows:
                self._rows[model] = self._row(model)
                self._list.insertWidget(place, self._rows[model])
            self._rows[model].show_state(
                asked=self._asked == model.path,
                last=self._installed.found.uses.get(str(model.path)),
                moved=self._installed.moving.get(model),
            )
        self._status.setText(self._summary(models))

    def _summary(self, models: tuple[InstalledModel, ...]) -> str:
        if models:
            total = gigabytes(sum(model.size for model in models))
            return tr("%n model(s), {size} total", "", len(models)).format(size=total)
        if self._installed.looking or not self._installed.looked:
            return tr("Scanning…")
        return tr("No models found")

    def _row(self, model: InstalledModel) -> ModelRow:
        row = ModelRow(self._theme, model)
        row.used.connect(lambda: self.used.emit(model.path))
        row.stopped.connect(lambda: self._installed.stop(model))
        row.move_requested.connect(
            lambda: ask_folder(
                self, tr("Move model to"), lambda folder: self._installed.move(model, folder)
            )
        )
        row.removal_requested.connect(lambda: self._ask_removal(model))
        return row

    def _ask_removal(self, model: InstalledModel) -> None:
        name, size = model.title, gigabytes(model.size)
        if self._installed.ours(model):
            confirm(
                self,
                self._theme,
                tr("Remove {name}?").format(name=name),
                tr("This frees up {size}. You can download the model again later.").format(
                    size=size
                ),
                tr("Remove"),
                lambda: self._installed.remove(model),
            )
            return
        if model.place.kind is ModelSource.CHOSEN:
            why = tr(
                "Fireside didn’t download this model. It’s in one of your folders, and other "
                "apps may be using it."
            )
        else:
            why = tr(
                "Fireside didn’t download this model. It belongs to {owner}, and other apps may "
                "be using it."
            ).format(owner=model.place.kind)
        confirm(
            self,
            self._theme,
            tr("Remove {name}?").format(name=name),
            why,
            tr("Remove…"),
            lambda: confirm(
                self,
                self._theme,
                tr("Delete {name}?").format(name=model.path.name),
                tr("This deletes {size} from {parent}. This can’t be undone.").format(
                    size=size, parent=model.path.parent
                ),
                tr("Delete"),
                lambda: self._installed.remove(model),
            ),
        )


class ModelRow(QFrame):
    """The row of a model: its name, place and buttons."""

    used = Signal()
    move_requested = Signal()
    removal_requested = Signal()
    stopped = Signal()

    def __init__(self, theme: Theme, model: InstalledModel) -> None:
        super().__init__()
        self._model = model
        shown_name = model.title
        self.setObjectName("card")
        self.setAccessibleName(shown_name)
        name = Elided("modelTitle")
        name.setFont(font(15, 600))
        name.set_text(shown_name)
        self._facts = muted("", "modelFacts", pixels=13)
        self._details = Details(theme, shown_name, [str(model.path), _parts(model)])
        self._problem = muted("", "modelProblem", pixels=13)
        self._problem.setWordWrap(True)
        self._bar = ProgressLine(
            "moveProgress",
            tr("Moving {called}").format(called=shown_name),
            tr("Progress"),
            4,
        )
        layout = column(self, (18, 14, 16, 14), gap=4)
        for widget in (name, self._facts, self._problem, self._bar):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addLayout(self._buttons(theme, shown_name))
        layout.addWidget(self._details)
        self._show_problem(model)

    def _buttons(self, theme: Theme, called: str) -> QHBoxLayout:
        self._use = Button(
            theme,
            "useModel",
            tr("Use {called}").format(called=called),
            text=tr("Use"),
            kind="primary",
            clicked=self.used.emit,
        )
        show = Button(
            theme,
            "showFile",
            tr("Show {called} in folder").format(called=called),
            text=tr("Show in folder"),
            clicked=lambda: reveal(self._model.path),
        )
        self._move = Button(
            theme,
            "moveModel",
            tr("Move {called} to another folder or disk").format(called=called),
            text=tr("Move…"),
            clicked=self.move_requested.emit,
        )
        self._remove = Button(
            theme,
            "removeModel",
            tr("Remove {called}").format(called=called),
            text=tr("Remove…"),
            clicked=self.removal_requested.emit,
        )
        self._stop = Button(
            theme,
            "stopMove",
            tr("Stop moving {called}").format(called=called),
            text=tr("Stop", "moving a model"),
            clicked=self.stopped.emit,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._use, show, self._move, self._remove, self._stop):
            buttons.addWidget(button)
        buttons.addWidget(self._details.button)
        buttons.addStretch(1)
        return buttons

    def _show_problem(self, model: InstalledModel) -> None:
        self._use.setVisible(model.problem is None)
        self._problem.setVisible(model.problem is not None)
        if model.problem:
            explanation = explain(model.problem)
            texts = (explanation.sentence, explanation.detail)
            self._problem.setText("\n".join(filter(None, texts)))
            set_tone(self._problem, "danger")

    def show_state(self, *, asked: bool, last: float | None, moved: float | None) -> None:
        """Show whether it is in use, when it last was, and the fraction moved if it is moving."""
        model = self._model
        facts = [gigabytes(model.size), place_name(model)]
        if asked:
            facts.append(tr("in use"))
        elif last:
            facts.append(tr("last used {last}").format(last=day(last)))
        moving = moved is not None
        self._bar.setVisible(moving)
        self._stop.setVisible(moving)
        if moved is not None:
            self._bar.set_share(moved)
            facts.append(tr("moving, {percent}").format(percent=percent(moved)))
        self._facts.setText(" · ".join(facts))
        self._use.setEnabled(not asked and not moving)
        for button, able in (
            (self._move, file_operations.movable(model)),
            (self._remove, file_operations.removable(model)),
        ):
            button.setVisible(not moving)
            button.setEnabled(able and not asked)
            button.setToolTip(tip(_label(button.accessibleName(), model, asked, able)))


def _label(label: str, model: InstalledModel, asked: bool, able: bool) -> str:
    """Return what a button does, or why it is disabled."""
    if asked:
        return tr("{label} (switch to another model first)").format(label=label)
    if not able and model.place.kind is ModelSource.SHARED:
        return f"{label} ({set_by_organization()})"
    if not able:
        return tr("{label} (managed by Ollama; use ollama rm {name})").format(
            label=label, name=model.name
        )
    return label


def _parts(model: InstalledModel) -> str:
    return tr("%n part(s)", "", len(model.files)) if len(model.files) > 1 else ""
