"""Network settings, and the log of all connections."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

from app.base.settings import Settings
from app.network.connection_log import Connection
from app.ui.choices import Switch
from app.ui.controls import Button, column, muted
from app.ui.dialogs import ask_folder
from app.ui.form_fields import CountField, heading, named
from app.ui.form_page import FormRow
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.connection_words import purpose_words
from app.wording.language import tr
from app.wording.quantities import gigabytes

_MOST_MB = 10_000
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


class NetworkPane(QWidget):
    """The pane with offline switch, speed limit, download folder, and the log."""

    offline_chosen = Signal(bool)
    limit_chosen = Signal(int)
    """The limit in megabytes per second; 0 for no limit."""
    folder_chosen = Signal(str)
    """The folder for downloads; "" for the default."""
    shown = Signal()

    def __init__(
        self, theme: Theme, settings: Settings, default_folder: Path, *, locked: bool = False
    ) -> None:
        """Create the pane; ``locked``: an administrator keeps Fireside offline."""
        super().__init__()
        self.setObjectName("networkPane")
        self._default_folder = default_folder
        self.offline = Switch("offline", tr("Offline"), on=settings.offline)
        self.offline.turned.connect(self.offline_chosen)
        limit = CountField(
            "downloadLimit", tr("Download speed limit"),
            tr("Megabytes per second (0 for no limit)"),
            most=_MOST_MB, step=1, none=tr("No limit"),
        )  # fmt: skip
        limit.setSuffix(tr(" MB/s"))
        limit.setValue(settings.download_limit)
        limit.valueChanged.connect(self.limit_chosen)
        self._folder = QLineEdit()
        named(self._folder, "downloadFolder", tr("Download folder"), tr("Where to save downloads"))
        self._folder.setReadOnly(True)
        layout = column(self, gap=8)
        offline = FormRow(
            tr("Offline"),
            tr("Block all network access. Models that Fireside runs itself work offline."),
            self.offline,
        )
        if locked:
            offline.lock()
        layout.addWidget(offline)
        layout.addWidget(
            FormRow(tr("Speed limit"), tr("For metered or shared connections."), limit)
        )
        self._add_folder(layout, theme, settings)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Environment"), 15))
        words = muted(_environment(), "surroundings", pixels=13)
        words.setWordWrap(True)
        layout.addWidget(words)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Connection log"), 15))
        self._summary = muted("", "connectionSum", pixels=13)
        self._summary.setWordWrap(True)
        layout.addWidget(self._summary)
        self._log = _ConnectionModel()
        layout.addWidget(self._table())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def set_folder(self, folder: str) -> None:
        """Show the folder for downloads; "" for the default."""
        self._folder.setText(folder or str(self._default_folder))
        self._folder.setCursorPosition(0)
        self._back.setVisible(bool(folder))

    def set_connections(self, connections: Sequence[Connection]) -> None:
        """Show all connections, given oldest first."""
        self._log.set_rows(connections)
        made = [each for each in connections if not each.served]
        count, total = len(made), sum(each.received for each in made)
        told = [
            tr(
                "%Ln request(s), {size} received. Fireside has made no other connections. The "
                "log is also saved as connections.log in the data folder.",
                "",
                count,
            ).format(size=gigabytes(total))
            if count
            else tr(
                "No connections yet. Fireside only connects when you search for models, download "
                "one, use one on another computer, or check for updates."
            )
        ]
        if served := len(connections) - count:
            told.append(tr("Other apps have used the local server %Ln time(s).", "", served))
        self._summary.setText(" ".join(told))

    def _add_folder(self, layout: QVBoxLayout, theme: Theme, settings: Settings) -> None:
        choose = Button(
            theme,
            "chooseDownloadFolder",
            tr("Choose download folder"),
            text=tr("Choose…"),
            clicked=lambda: ask_folder(
                self,
                tr("Choose download folder"),
                lambda path: self.folder_chosen.emit(str(path)),
            ),
        )
        self._back = Button(
            theme, "usualFolder", tr("Use the default location"), text=tr("Default location"),
            clicked=lambda: self.folder_chosen.emit(""),
        )  # fmt: skip
        layout.addWidget(
            FormRow(
                tr("Download folder"),
                tr("Uses the Hugging Face cache layout, so other apps can find the models."),
                choose,
            )
        )
        layout.addWidget(self._folder)
        layout.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_folder(settings.download_folder)

    def _table(self) -> QTableView:
        table = QTableView()
        named(table, "connectionLog", tr("Connection log"), tr("Connection log"))
        table.setModel(self._log)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setAlternatingRowColors(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(zoomed(26))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, width in enumerate((150, 150, 0, 90)):
            table.setColumnWidth(section, zoomed(width))
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.setMinimumHeight(320)
        table.setFont(font(12))
        header.setFont(font(12))
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        return table


class _ConnectionModel(QAbstractTableModel):
    """The connections, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._heads = (tr("Time"), tr("Host"), tr("Purpose"), tr("Received"))
        self._rows: list[Connection] = []

    def set_rows(self, rows: Sequence[Connection]) -> None:
        self.beginResetModel()
        self._rows = list(rows)[::-1]
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heads[section]
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self._rows[index.row()]
        what = purpose_words(row.purpose)
        return (_local(row.time), row.host, what, gigabytes(row.received))[index.column()]


def _local(time: datetime.datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _environment() -> str:
    """Return the environment's network settings, without secrets."""
    mirror = os.environ.get("HF_ENDPOINT")
    sentences = [
        tr("Downloads come from {mirror} (HF_ENDPOINT).").format(mirror=mirror)
        if mirror
        else tr("To use a mirror, set it in Settings or with HF_ENDPOINT."),
        tr("HF_TOKEN is set and will be used for gated models.")
        if os.environ.get("HF_TOKEN")
        else tr("Gated models need an access token: add one in Settings, or set HF_TOKEN."),
    ]
    names = [n for n in _PROXIES if os.environ.get(n) or os.environ.get(n.lower())]
    if names:
        sentences.append(tr("Uses the proxy from {name}.").format(name=names[0]))
    else:
        sentences.append(tr("Uses the system proxy."))
    return " ".join(
        [*sentences, tr("Certificates are verified against the system’s certificate store.")]
    )
