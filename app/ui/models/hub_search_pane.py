"""Search of the hub: a field, and the repositories found, with their files on demand."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.engine.plan import propose
from app.engine.probe import Machine
from app.models import catalog
from app.models.catalog import Repository, Variant
from app.ui.controls import Button, Elided, column, muted, set_tone, tip
from app.ui.form_fields import named
from app.ui.models.details import HUB, Details, files_of
from app.ui.models.download_controller import DownloadController
from app.ui.theme import Theme, font
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.quantities import gigabytes
from app.wording.recommendation import verdict

_LAST_RANK = 2
_LISTED_AT_ONCE = 4  # repositories whose files are listed without a click


class HubSearchPane(QWidget):
    """Searches when the user presses Enter, never while typing."""

    searched = Signal(str)
    shown = Signal(bool)
    """Results are shown, or no longer; they need the room of what is below."""
    files_requested = Signal(object)
    """A RepositoryRow whose files are wanted."""

    def __init__(self, theme: Theme, downloads: DownloadController) -> None:
        super().__init__()
        self._theme, self._downloads = theme, downloads
        self._query = ""
        self._machine: Machine | None = None
        self.field = QLineEdit()
        named(
            self.field,
            "hubSearch",
            tr("Search Hugging Face"),
            tip(tr("Search Hugging Face"), "Return"),
        )
        self.field.setProperty("kind", "field")
        self.field.setPlaceholderText(tr("Search models…"))
        self.field.setClearButtonEnabled(True)
        self.field.returnPressed.connect(self.search)
        self.field.textChanged.connect(self._edited)
        self._button = Button(
            theme, "startSearch", tr("Search Hugging Face"), text=tr("Search"), clicked=self.search
        )
        self._invitation = tr("Community versions of gpt-oss. Your search is sent to Hugging Face.")
        self._status = muted(self._invitation, "searchStatus", pixels=13)
        self._status.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self._button)
        self._column: QVBoxLayout = column(self, gap=8)
        self._column.addLayout(row)
        self._column.addWidget(self._status)
        self._results: list[RepositoryRow] = []

    def search(self) -> None:
        """Search for the text in the field."""
        text = self.field.text().strip().removeprefix("https://").removeprefix("huggingface.co/")
        text = text or "gpt-oss"
        self.field.setText(text)
        self._query = text
        self._show_status(tr("Searching for “{text}”…").format(text=text))
        self._remove_results()
        self.shown.emit(True)
        self.searched.emit(text)

    def clear(self) -> None:
        """Leave the results."""
        self._query = ""
        self.field.clear()
        self._remove_results()
        self._show_status(self._invitation)
        self.shown.emit(False)

    def _edited(self, text: str) -> None:
        if not text and self._query:
            self.clear()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self.field.setEnabled(not offline)
        self._button.setEnabled(not offline)

    def set_machine(self, machine: Machine) -> None:
        """Set this computer, to show what fits."""
        self._machine = machine
        for row in self._results:
            row.set_machine(machine)

    def show_results(self, text: str, found: tuple[Repository, ...]) -> None:
        if text != self._query:
            return
        runs = sum(catalog.runs(each.architecture) is True for each in found)
        if not found:
            self._show_status(tr("No models found for “{text}”").format(text=text))
            return
        count = tr("%n result(s)", "", len(found))
        gpt_oss = tr("%n gpt-oss model(s)", "", runs) if runs else ""
        self._show_status(" · ".join(filter(None, (count, gpt_oss))))
        listed = _LISTED_AT_ONCE
        for each in sorted(found, key=lambda one: _rank(one)):
            row = RepositoryRow(self._theme, self._downloads, each, self._machine)
            row.wanted.connect(lambda row=row: self._ask_files(row))
            self._results.append(row)
            self._column.addWidget(row)
            if listed and _rank(each) < _LAST_RANK:
                listed -= 1
                self._ask_files(row)

    def show_error(self, text: str, error: BaseException) -> None:
        if text == self._query:
            self._show_status(explain(error).sentence, "danger")

    def shows(self, row: RepositoryRow) -> bool:
        """Return whether the row is still among the results."""
        return row in self._results

    def _ask_files(self, row: RepositoryRow) -> None:
        row.set_asking()
        self.files_requested.emit(row)

    def _remove_results(self) -> None:
        for row in self._results:
            self._column.removeWidget(row)
            row.deleteLater()
        self._results = []

    def _show_status(self, text: str, tone: str = "muted") -> None:
        self._status.setText(text)
        set_tone(self._status, tone)


class RepositoryRow(QFrame):
    """A repository, and its models once they are known."""

    wanted = Signal()
    """The user wants to see its files."""

    def __init__(
        self,
        theme: Theme,
        downloads: DownloadController,
        repository: Repository,
        machine: Machine | None,
    ) -> None:
        super().__init__()
        self.repository = repository
        self._theme, self._downloads, self._machine = theme, downloads, machine
        self._variants: list[VariantRow] = []
        self.setObjectName("result")
        self.setAccessibleName(repository.name)
        owner, _, name = repository.name.partition("/")
        title = Elided("resultName")
        title.setFont(font(14, 600))
        title.set_text(name.removesuffix("-GGUF") or owner)
        self._facts = muted(_facts(repository), "resultFacts", pixels=13)
        self._facts.setWordWrap(True)
        self._details = Details(
            theme, repository.name, [_repository(repository)], HUB + repository.name
        )
        self._button = Button(
            theme,
            "showVariants",
            tr("Show files in {name}").format(name=repository.name),
            text=tr("Show files"),
            kind="small",
            clicked=self.wanted.emit,
        )
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._details.button, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self._column = column(self, (14, 10, 12, 12), gap=4)
        self._column.addLayout(head)
        self._column.addWidget(self._facts)
        self._column.addWidget(self._details)

    def set_machine(self, machine: Machine) -> None:
        """Set this computer, to show what fits."""
        self._machine = machine
        for row in self._variants:
            row.set_machine(machine)

    def set_asking(self) -> None:
        """Show that its files are being requested."""
        self._button.setEnabled(False)
        self._button.setText(tr("Loading…"))

    def set_failed(self, sentence: str) -> None:
        """Show why its files are not known."""
        self._button.setEnabled(True)
        self._button.setText(tr("Try again"))
        self._facts.setText(f"{_facts(self.repository)}\n{sentence}")

    def set_variants(self, variants: tuple[Variant, ...]) -> None:
        """Show its files."""
        self._button.hide()
        files = [f"{variant.name} – {files_of(variant.model)}" for variant in variants]
        self._details.set_lines([_repository(self.repository), *files])
        for variant in variants:
            row = VariantRow(self._theme, self._downloads, self.repository, variant, self._machine)
            self._variants.append(row)
            self._column.addWidget(row)
        if not variants:
            none = tr("No compatible models")
            self._facts.setText(f"{_facts(self.repository)}\n{none}")


class VariantRow(QWidget):
    """One model of a repository."""

    def __init__(
        self,
        theme: Theme,
        downloads: DownloadController,
        repository: Repository,
        variant: Variant,
        machine: Machine | None,
    ) -> None:
        super().__init__()
        self._header = catalog.variant_header(repository, variant)
        name = f"{repository.name}, {variant.name}"
        title = f"{variant.name} · {gigabytes(variant.model.size)}"
        self._row = downloads.row(theme, variant.model, name, title)
        column(self, (0, 6, 0, 2)).addWidget(self._row)
        if not variant.complete:
            self._row.setEnabled(False)
            self._row.set_fit(tr("Incomplete: some parts are missing from Hugging Face."))
        elif machine:
            self.set_machine(machine)

    def set_machine(self, machine: Machine) -> None:
        """Set this computer, to show whether the model fits."""
        if not self._row.isEnabled():
            return
        if self._header is None:
            self._row.set_fit(tr("Memory use is shown after the download."))
        else:
            fits, slow, runs = verdict(propose(self._header, machine), machine)
            self._row.set_fit(fits, slow, fits=runs)


def _rank(repository: Repository) -> int:
    """Return 0 if the hub says that it is gpt-oss, 1 if it says nothing of its models, else 2.

    It is only for sorting: the hub's data may come from a companion file.
    """
    return {True: 0, None: 1, False: _LAST_RANK}[catalog.runs(repository.architecture)]


def _repository(repository: Repository) -> str:
    return tr("Repository: {name}").format(name=repository.name)


def _facts(repository: Repository) -> str:
    """Return the hub's facts about a repository, on one line."""
    facts = [
        tr("by {name}").format(name=repository.name.partition("/")[0]),
        tr("%Ln download(s)", "", repository.downloads),
    ]
    runs = catalog.runs(repository.architecture)
    # If the architecture is that of a companion file, so is the number of parameters.
    count = repository.parameters if runs is not None else None
    if count and count >= 1e8:
        facts.append(tr("{count} billion parameters").format(count=number(count / 1e9, 1)))
    elif count:
        facts.append(tr("{count} million parameters").format(count=number(count / 1e6, 1)))
    if repository.gated:
        facts.append(tr("gated: request access on its page"))
    if runs is False:
        facts.append(tr("{kind} (Fireside only runs gpt-oss)").format(kind=repository.architecture))
    return " · ".join(facts)
