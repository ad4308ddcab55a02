"""What is on this disk: every model that was found, whoever brought it, and what to do with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.models import file_operations as shelving
from app.models.library import InstalledModel, ModelSource
from app.ui.controls import Button, Elided, ProgressLine, column, muted, set_tone
from app.ui.dialogs import ask_folder, confirm
from app.ui.form_fields import heading
from app.ui.state.installed_list import InstalledList, place_name, title
from app.ui.theme import Theme, font
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.quantities import day, gigabytes


class InstalledPane(QWidget):
    """The models on this disk."""

    used = Signal(Path)
    """This one is to be asked."""
    folders_changed = Signal(object)
    """The person's own folders to look in, as a tuple of paths."""

    def __init__(self, theme: Theme, shelf: InstalledList) -> None:
        super().__init__()
        self.setObjectName("herePane")
        self._theme, self._shelf = theme, shelf
        self._asked: Path | None = None
        self._folders: tuple[str, ...] = ()
        self._folder_rows: list[QWidget] = []
        self._said = muted(tr("Looking for models…"), "hereStatus", pixels=13)
        self._said.setWordWrap(True)
        again = Button(
            theme,
            "lookAgain",
            tr("Look for models again"),
            text=tr("Look again"),
            clicked=shelf.look,
        )
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._said, 1)
        head.addWidget(again, 0, Qt.AlignmentFlag.AlignTop)
        self._rows: dict[InstalledModel, ModelRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self._places = QVBoxLayout()
        self._places.setSpacing(4)
        layout = column(self, gap=12)
        layout.addLayout(head)
        layout.addLayout(self._list)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Folders of yours"), 15))
        words = muted(
            tr(
                "Fireside looks in the folders of Hugging Face, LM Studio, Ollama, Jan and "
                "llama.cpp, and in these. Models are used where they are; nothing is "
                "copied."
            ),
            pixels=13,
        )
        words.setWordWrap(True)
        layout.addWidget(words)
        layout.addLayout(self._places)
        add = Button(
            theme, "addFolder", tr("Choose a folder with models"), text=tr("Add a folder…"),
            clicked=self._ask_folder,
        )  # fmt: skip
        layout.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        shelf.changed.connect(self._show)

    def set_asked(self, path: Path | None) -> None:
        """The model that is asked now: it can be neither moved nor removed."""
        self._asked = path
        self._show()

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """The person's own folders."""
        if folders == self._folders:
            return
        self._folders = folders
        for row in self._folder_rows:
            self._places.removeWidget(row)
            row.deleteLater()
        self._folder_rows = [self._folder(folder) for folder in folders]
        for row in self._folder_rows:
            self._places.addWidget(row)

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
                tr("Stop looking in {folder}; nothing is deleted").format(folder=folder),
                icon="close",
                size=14,
                clicked=lambda: self.folders_changed.emit(others),
            )
        )
        return row

    def _ask_folder(self) -> None:
        ask_folder(self, tr("Choose a folder with models"), self._add_folder)

    def _add_folder(self, folder: Path) -> None:
        if str(folder) not in self._folders:
            self.folders_changed.emit((*self._folders, str(folder)))

    def _show(self) -> None:
        models = self._shelf.found.models
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
                last=self._shelf.found.uses.get(str(model.path)),
                moved=self._shelf.moving.get(model),
            )
        if self._shelf.looking:
            return
        total = gigabytes(sum(model.size for model in models))
        count = tr("%n model(s) on this computer, {size} in all.", "", len(models))
        self._said.setText(count.format(size=total) if models else tr("No model was found yet."))

    def _row(self, model: InstalledModel) -> ModelRow:
        row = ModelRow(self._theme, model)
        row.used.connect(lambda: self.used.emit(model.path))
        row.stopped.connect(lambda: self._shelf.stop(model))
        row.to_be_moved.connect(
            lambda: ask_folder(self, tr("Move to"), lambda folder: self._shelf.move(model, folder))
        )
        row.to_be_removed.connect(lambda: self._ask_removal(model))
        return row

    def _ask_removal(self, model: InstalledModel) -> None:
        name, size = title(model), gigabytes(model.size)
        if self._shelf.ours(model):
            confirm(
                self,
                self._theme,
                tr("Remove {name}?").format(name=name),
                tr("This frees {size}. It can be downloaded again.").format(size=size),
                tr("Remove"),
                lambda: self._shelf.remove(model),
            )
            return
        if model.place.kind is ModelSource.CHOSEN:
            why = tr(
                "Fireside did not download it: it is in a folder of yours, and other programs may "
                "use it."
            )
        else:
            why = tr(
                "Fireside did not download it: it is in the folder of {owner}, and other programs "
                "may use it."
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
                tr("Really delete {name}?").format(name=model.path.name),
                tr("This deletes {size} from {parent}. It cannot be undone.").format(
                    size=size, parent=model.path.parent
                ),
                tr("Delete"),
                lambda: self._shelf.remove(model),
            ),
        )


class ModelRow(QFrame):
    """One model: what it is, where, and what can be done with it."""

    used = Signal()
    to_be_moved = Signal()
    to_be_removed = Signal()
    stopped = Signal()

    def __init__(self, theme: Theme, model: InstalledModel) -> None:
        super().__init__()
        self._model = model
        called = title(model)
        self.setObjectName("card")
        self.setAccessibleName(called)
        name = Elided("modelTitle")
        name.setFont(font(15, 600))
        name.set_text(called)
        self._facts = muted("", "modelFacts", pixels=13)
        where = Elided("modelPlace")
        where.set_text(str(model.path))
        where.setProperty("tone", "muted")
        where.setFont(font(12))
        self._problem = muted("", "modelProblem", pixels=13)
        self._problem.setWordWrap(True)
        self._bar = ProgressLine(
            "moveProgress",
            tr("Moving {called}").format(called=called),
            tr("How much has been moved"),
            4,
        )
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
            tr("Show {called} in the file manager").format(called=called),
            text=tr("Show in folder"),
            clicked=lambda: reveal(model.path),
        )
        self._move = Button(
            theme,
            "moveModel",
            tr("Move {called} to another folder or disk").format(called=called),
            text=tr("Move…"),
            clicked=self.to_be_moved.emit,
        )
        self._remove = Button(
            theme,
            "removeModel",
            tr("Remove {called}").format(called=called),
            text=tr("Remove…"),
            clicked=self.to_be_removed.emit,
        )
        self._stop = Button(
            theme,
            "stopMove",
            tr("Leave {called} where it is").format(called=called),
            text=tr("Stop", "moving a model"),
            clicked=self.stopped.emit,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._use, show, self._move, self._remove, self._stop):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = column(self, (18, 14, 16, 14), gap=4)
        for widget in (name, self._facts, where, self._problem, self._bar):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        self._explain(model)

    def _explain(self, model: InstalledModel) -> None:
        self._use.setVisible(model.problem is None)
        self._problem.setVisible(model.problem is not None)
        if model.problem:
            explanation = explain(model.problem)
            told = (explanation.sentence, explanation.detail)
            self._problem.setText("\n".join(filter(None, told)))
            set_tone(self._problem, "danger")

    def show_state(self, *, asked: bool, last: float | None, moved: float | None) -> None:
        """Whether it is the one that is asked, when it was asked last, and how much of it has
        been moved, where it is on its way."""
        model = self._model
        said = [gigabytes(model.size)]
        if len(model.files) > 1:
            said.append(tr("%n part(s)", "", len(model.files)))
        said.append(place_name(model))
        if asked:
            said.append(tr("in use"))
        elif last:
            said.append(tr("last used {last}").format(last=day(last)))
        moving = moved is not None
        self._bar.setVisible(moving)
        self._stop.setVisible(moving)
        if moving:
            self._bar.set_share(moved)
            said.append(tr("moving, {percent} %").format(percent=number(100 * moved)))
        self._facts.setText(" · ".join(said))
        self._use.setEnabled(not asked and not moving)
        for button, able in (
            (self._move, shelving.movable(model)),
            (self._remove, shelving.removable(model)),
        ):
            button.setVisible(not moving)
            button.setEnabled(able and not asked)
            button.setToolTip(_tip(button.accessibleName(), model, asked, able))


def _tip(label: str, model: InstalledModel, asked: bool, able: bool) -> str:
    """What a button does, or why it does not."""
    if asked:
        return tr("{label}: choose another model first").format(label=label)
    if not able:
        return tr("{label}: only in Ollama (ollama rm {name})").format(label=label, name=model.name)
    return label


def reveal(path: Path) -> None:
    """Shows a file in the system's file manager: the file itself where that can be said."""
    if sys.platform == "win32":
        subprocess.Popen(["explorer", f"/select,{path}"])
    elif sys.platform == "darwin":
        subprocess.Popen(["open", "-R", str(path)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
