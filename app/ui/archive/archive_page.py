"""The page of the archive and the bin."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from app.store import BIN_DAYS, ChatRow
from app.ui.choices import Segments
from app.ui.controls import Button, ProgressLine, column, menu_of, muted
from app.ui.dialogs import confirm
from app.ui.form_fields import named
from app.ui.notice import Notice
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.language import tr
from app.wording.quantities import ago, day, days_left

_WIDTH = 760
_SORT = Qt.ItemDataRole.UserRole


class ArchivePage(QWidget):
    """A list of archived chats and one of deleted chats, one of which is shown."""

    closed = Signal()
    opened = Signal(int)
    unarchived = Signal(tuple)
    deleted = Signal(tuple)
    restored = Signal(tuple)
    erased = Signal(tuple)
    """Chats are to be deleted for good, as the user has confirmed.

    This and the preceding signals carry the ids of chats.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("awayPage")
        self.setAccessibleName(tr("Archive and bin"))
        self._theme = theme
        self._removing = 0
        self._lists: dict[str, Sequence[ChatRow]] = {"archive": (), "bin": ()}
        self._rows = _Rows()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(_SORT)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        middle = QWidget()
        middle.setMaximumWidth(_WIDTH)
        layout = column(middle, (0, 24, 0, 20), gap=12)
        self._notice = Notice(theme, "awayError")
        self._notice.hide()
        self._status = muted(name="awayStatus", pixels=13)
        self._status.setWordWrap(True)
        self._bar = ProgressLine(
            "eraseProgress", tr("Deleting permanently"), tr("Deleting permanently"), 4
        )
        self._bar.setRange(0, 0)
        self._bar.hide()
        self.table = self._table()
        self._fit_rows()
        theme.changed.connect(self._fit_rows)
        layout.addLayout(self._head())
        layout.addLayout(self._choice())
        for widget in (self._notice, self._status, self.table, self._bar):
            layout.addWidget(widget, int(widget is self.table))
        layout.addLayout(self._foot())
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)
        self.turn("archive")

    def set_rows(self, archived: Sequence[ChatRow], deleted: Sequence[ChatRow]) -> None:
        """Show the chats in the archive and in the bin."""
        self._lists = {"archive": archived, "bin": deleted}
        self._refresh()

    def set_removing(self, count: int) -> None:
        """Show how many chats are being deleted for good."""
        self._removing = count
        self._bar.setVisible(count > 0)
        self._say()
        self._enable()

    def set_error(self, text: str) -> None:
        """Show why something failed; empty to show nothing."""
        self._notice.set_text(text)
        self._notice.setVisible(bool(text))

    def turn(self, name: str) -> None:
        """Show one of the lists, "archive" or "bin"."""
        self._tabs.set_value(name)
        self._turned(name)

    # --- Parts ------------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        title = QLabel(tr("Archive and bin"))
        title.setObjectName("awayTitle")
        title.setFont(font(24, 640))
        escape = QShortcut("Esc", self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.closed)
        back = Button(
            self._theme, "closeAway", tr("Back to chat"), icon="close", shortcut="Esc",
            clicked=self.closed.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(title, 1)
        row.addWidget(back)
        return row

    def _choice(self) -> QHBoxLayout:
        self._tabs = Segments(
            "awayTabs",
            tr("Archive and bin"),
            [
                ("archive", tr("Archive", "the place"), "tabArchive", ""),
                ("bin", tr("Bin"), "tabBin", ""),
            ],
        )
        self._tabs.chosen.connect(self._turned)
        self.filter = QLineEdit()
        words = tr("Filter by title")
        named(self.filter, "awayFilter", words, words)
        self.filter.setPlaceholderText(words)
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filtered)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._tabs)
        row.addWidget(self.filter, 1)
        return row

    def _fit_rows(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(zoomed(34))

    def _table(self) -> QTableView:
        table = _Table()
        table.setModel(self._sorted)
        named(table, "awayList", tr("Chats"), "")
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setSortingEnabled(True)
        table.setWordWrap(False)
        table.setFont(font(14))
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setFont(font(12))
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        for section in (1, 2):
            table.setColumnWidth(section, zoomed(150))
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        table.selectionModel().selectionChanged.connect(self._enable)
        table.entered_row.connect(self._open)
        table.doubleClicked.connect(self._open)
        table.deleted.connect(lambda: (self._delete if self._tab == "archive" else self._erase)())
        return table

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._buttons: list[tuple[str, Button]] = []
        for tab, name, text, label, work in (
            ("archive", "openArchived", tr("Open"), tr("Open chat"), self._open),
            ("archive", "unarchive", tr("Unarchive"), tr("Move back to chats"),
             lambda: self.unarchived.emit(self.chosen())),
            ("archive", "deleteArchived", tr("Delete"), tr("Move to bin"), self._delete),
            ("bin", "restore", tr("Restore"), tr("Move back to chats"),
             lambda: self.restored.emit(self.chosen())),
            ("bin", "erase", tr("Delete permanently…"), tr("Delete the selected chats permanently"),
             self._erase),
            ("bin", "emptyBin", tr("Empty bin…"), tr("Delete everything in the bin permanently"),
             self._empty),
        ):  # fmt: skip
            if name == "emptyBin":
                row.addStretch(1)
            button = Button(self._theme, name, label, text=text, clicked=work)
            self._buttons.append((tab, button))
            row.addWidget(button)
        return row

    # --- Display ----------------------------------------------------------------------------

    def chosen(self) -> tuple[int, ...]:
        """Return the chats that are selected."""
        indexes = self.table.selectionModel().selectedRows()
        return tuple(self._rows.rows[self._sorted.mapToSource(i).row()].id for i in indexes)

    @property
    def _tab(self) -> str:
        return self._tabs.value

    def _turned(self, name: str) -> None:
        for tab, button in self._buttons:
            button.setVisible(tab == name)
        self.table.clearSelection()
        self.table.setColumnHidden(2, name == "archive")
        self._refresh()
        self.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)

    def _filtered(self, words: str) -> None:
        self._sorted.setFilterFixedString(words.strip())
        self._enable()

    def _refresh(self) -> None:
        """Fill the list again, keeping the selection."""
        chosen, top = set(self.chosen()), self.table.verticalScrollBar().value()
        self._rows.set_rows(self._lists[self._tab], in_bin=self._tab == "bin")
        selection = QItemSelection()
        for row, chat in enumerate(self._rows.rows):
            if chat.id in chosen:
                index = self._sorted.mapFromSource(self._rows.index(row, 0))
                selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        self.table.verticalScrollBar().setValue(top)
        self._say()
        self._enable()

    def _say(self) -> None:
        count = len(self._rows.rows)
        if self._removing:
            text = tr("Deleting %Ln chat(s) permanently…", "", self._removing)
        elif self._tab == "bin" and count:
            text = tr("%Ln chat(s). Deleted permanently after {days} days.", "", count)
        elif self._tab == "bin":
            text = tr("The bin is empty. Deleted chats stay here for {days} days.")
        elif count:
            text = tr("%Ln archived chat(s) (included in search)", "", count)
        else:
            text = tr("No archived chats. To archive a chat, use its menu in the sidebar.")
        self._status.setText(text.format(days=BIN_DAYS))

    def _enable(self) -> None:
        count = len(self.table.selectionModel().selectedRows())
        idle = not self._removing
        able = {
            "openArchived": count == 1,
            "erase": count > 0 and idle,
            "emptyBin": bool(self._rows.rows) and idle,
        }
        for _, button in self._buttons:
            enabled = able.get(button.objectName(), count > 0)
            if button.hasFocus() and not enabled:
                self.table.setFocus()  # else Qt moves it to the next widget in the tab order
            button.setEnabled(enabled)

    # --- Actions ----------------------------------------------------------------------------

    def _open(self) -> None:
        """Open an archived chat. One in the bin has to be restored first."""
        if self._tab == "archive" and len(chosen := self.chosen()) == 1:
            self.opened.emit(chosen[0])

    def _delete(self) -> None:
        if chosen := self.chosen():
            self.deleted.emit(chosen)

    def _erase(self) -> None:
        if (chosen := self.chosen()) and not self._removing:
            self._ask(chosen)

    def _empty(self) -> None:
        self._ask(tuple(row.id for row in self._rows.rows))

    def _ask(self, chats: tuple[int, ...]) -> None:
        confirm(
            self,
            self._theme,
            tr("Delete %Ln chat(s) permanently?", "", len(chats)),
            tr("All messages will be deleted, including from backups. This can’t be undone."),
            tr("Delete permanently"),
            lambda: self.erased.emit(chats),
        )  # fmt: skip

    def _menu(self, where: QPoint) -> None:
        if not self.chosen():
            return
        menu = menu_of(self, "awayMenu")
        for tab, button in self._buttons:
            if tab == self._tab:
                menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        menu.popup(self.table.viewport().mapToGlobal(where))


class _Table(QTableView):
    """A table that emits signals for Enter and Delete."""

    entered_row = Signal()
    deleted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered_row.emit()
            case Qt.Key.Key_Delete:
                self.deleted.emit()
            case _:
                super().keyPressEvent(event)


class _Rows(QAbstractTableModel):
    """The model of the list: chats with their times."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ChatRow] = []
        self._in_bin = False

    def set_rows(self, rows: Sequence[ChatRow], *, in_bin: bool) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self._in_bin = in_bin
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            second = tr("Deleted", "when") if self._in_bin else tr("Last used")
            return (tr("Chat"), second, tr("Permanent deletion"))[section]
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        chat = self.rows[index.row()]
        when = chat.deleted or chat.updated
        if role == _SORT:
            return (chat.title.casefold(), when, when)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 0:
            return chat.title
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        match index.column():
            case 0:
                return chat.title
            case 1:
                return ago(when) if self._in_bin else day(when)
        return days_left(when, BIN_DAYS)
