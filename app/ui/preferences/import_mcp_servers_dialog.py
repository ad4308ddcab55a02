"""The dialog with the servers of other programs, to be taken over."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.tools.mcp.other_programs import FoundServers
from app.tools.mcp.servers import Server
from app.tools.visible import one_line
from app.ui.choices import Switch
from app.ui.controls import Button, Scroll, column
from app.ui.form_fields import DialogButtons, heading, note
from app.ui.form_page import FormRow
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr

_SIZE = 600, 480


class ImportMcpServersDialog(FittingDialog):
    """A switch for each server that was found, with the command that it would run."""

    wanted = Signal(tuple)
    """The Servers that were chosen."""
    file_wanted = Signal()
    """They are to be read from a file instead."""

    def __init__(
        self,
        theme: Theme,
        found: Iterable[FoundServers],
        known: Collection[Server],
        parent: QWidget,
    ) -> None:
        """Create the dialog; those of ``known`` are there already."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("importServersDialog")
        title = tr("Import servers")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.resize(*_SIZE)
        self._switches: list[tuple[Server, Switch]] = []
        layout = column(self, (24, 20, 24, 18), gap=10)
        layout.addWidget(heading(title, 16))
        layout.addWidget(
            note(tr("They stay off until you have seen how each starts and switch it on."))
        )
        inside = QWidget()
        rows = column(inside, gap=4)
        for program in found:
            if new := [server for server in program.servers if server not in known]:
                rows.addWidget(heading(program.program, 14, 600))
                rows.addWidget(note(str(program.path), "importPath"))
                for server in new:
                    rows.addWidget(self._row(server))
        if not self._switches:
            rows.addWidget(note(tr("No servers found in other apps."), "noServersFound"))
        rows.addStretch(1)
        area = Scroll()
        area.setWidget(inside)
        layout.addWidget(area, 1)
        foot = QHBoxLayout()
        foot.addWidget(
            Button(
                theme, "importServersFile", tr("Choose file…"), text=tr("Choose file…"),
                clicked=self._choose_file,
            )
        )  # fmt: skip
        self._buttons = DialogButtons(
            theme, self, tr("Import"), self._finish, name="importChosen", cancel_name="cancelImport"
        )
        foot.addLayout(self._buttons, 1)
        layout.addLayout(foot)
        self._count()

    def _row(self, server: Server) -> FormRow:
        switch = Switch(f"import:{server.name}", one_line(server.name), on=False)
        switch.turned.connect(self._count)
        self._switches.append((server, switch))
        words = (server.url,) if server.url else (server.command, *server.args)
        return FormRow(one_line(server.name), one_line(" ".join(words)), switch)

    def _count(self) -> None:
        self._buttons.primary.setEnabled(any(switch.isChecked() for _, switch in self._switches))

    def _finish(self) -> None:
        self.wanted.emit(tuple(server for server, switch in self._switches if switch.isChecked()))
        self.accept()

    def _choose_file(self) -> None:
        self.file_wanted.emit()
        self.reject()
