"""About Fireside: its version, a newer one if there is any, and the licences of its components."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Signal, qVersion
from PySide6.QtGui import QDesktopServices, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app import REPOSITORY, __version__
from app.base.licences import Component
from app.network.updates import LatestRelease
from app.ui.controls import Button, Elided, IconView, column, muted, set_tone
from app.ui.form_fields import heading, named, note, set_read_only
from app.ui.preferences.component_list import ComponentList
from app.ui.screen import FittingDialog
from app.ui.theme import Theme, font, mono
from app.wording.errors import explain
from app.wording.language import tr

_LIST_WIDTH = 236


class AboutPage(FittingDialog):
    """A list of components, and the licence of the selected one."""

    check_requested = Signal()
    """The user wants to check for a newer version."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("about")
        self.setWindowTitle(tr("About Fireside"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(680, 460)
        self.resize(960, 720)
        layout = column(self, (26, 22, 26, 24), gap=10)
        layout.addLayout(self._head())
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Third-party licences"), 15))
        layout.addWidget(
            note(
                tr(
                    "Fireside is licensed under the Apache License 2.0. It uses Qt under the "
                    "LGPL. The Qt libraries are separate files that you can replace."
                ),
                "aboutLicences",
            )
        )
        layout.addSpacing(2)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(self._component_column())
        columns.addLayout(self._licence_column(), 1)
        layout.addLayout(columns, 1)
        self._find.setFocus()
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.activated.connect(self._find.setFocus)

    # --- The version ------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        title = QLabel(f"Fireside {__version__}")
        title.setObjectName("version")
        title.setFont(font(20, 640))
        versions = tr("Python {python}, Qt {qt}").format(
            python=platform.python_version(), qt=qVersion()
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(note(versions, "aboutVersions"))
        self._news = note("", "newVersion")
        self._news.setText(
            tr("Fireside never checks for updates on its own.")
            if REPOSITORY
            else tr("Updates aren’t configured in this build.")
        )
        words.addWidget(self._news)
        self._check = Button(
            self._theme, "checkVersion", tr("Check for updates on GitHub"),
            text=tr("Check for updates"), clicked=self._request_check,
        )  # fmt: skip
        self._check.setVisible(bool(REPOSITORY))
        self._page = ""
        self._open = Button(
            self._theme, "openRelease", tr("View release in browser"),
            text=tr("View release"), kind="primary",
            clicked=lambda: QDesktopServices.openUrl(QUrl(self._page)),
        )  # fmt: skip
        self._open.hide()
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(IconView(self._theme, "flame", "accent", 44), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._check, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._open, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _request_check(self) -> None:
        self._check.setEnabled(False)
        self._open.hide()
        self._show_news(tr("Checking for updates…"))
        self.check_requested.emit()

    def show_release(self, release: LatestRelease) -> None:
        self._check.setEnabled(True)
        self._page = release.page
        self._open.setVisible(release.newer)
        if release.newer:
            self._show_news(tr("Fireside {version} is available.").format(version=release.version))
            self._open.setFocus()
        else:
            self._show_news(tr("Fireside is up to date."))

    def show_check_error(self, error: BaseException) -> None:
        self._check.setEnabled(True)
        self._show_news(explain(error).sentence, "danger")

    def _show_news(self, text: str, tone: str = "muted") -> None:
        self._news.setText(text)
        set_tone(self._news, tone)

    # --- The licences -----------------------------------------------------------------------

    def _component_column(self) -> QVBoxLayout:
        self._find = _SearchField()
        self._find.setFixedWidth(_LIST_WIDTH)
        self._find.textChanged.connect(self._filter)
        self._find.returnPressed.connect(self._find_next)
        self._list = ComponentList(self._theme)
        self._list.setFixedWidth(_LIST_WIDTH)
        self._list.chosen.connect(self._show_component)
        self._find.arrow_pressed.connect(self._list.select_next)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self._find)
        left.addWidget(self._list, 1)
        return left

    def _licence_column(self) -> QVBoxLayout:
        self._name = heading("", 14)
        self._name.setObjectName("componentName")
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._licence = Elided("componentLicence")
        self._licence.setProperty("tone", "muted")
        self._licence.setFont(font(13))
        self._source = muted("", "componentSource", pixels=13)
        self._source.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text = QPlainTextEdit()
        named(self._text, "licenceText", tr("Licence"), tr("Licence text"))
        set_read_only(self._text)
        self._text.setFont(mono(12))
        right = QVBoxLayout()
        right.setSpacing(2)
        right.addWidget(self._name)
        right.addWidget(self._licence)
        right.addWidget(self._source)
        right.addSpacing(6)
        right.addWidget(self._text, 1)
        return right

    def set_components(self, components: Sequence[Component]) -> None:
        """Show the components of Fireside."""
        self._list.set_components(components)

    def show_load_error(self, error: BaseException) -> None:
        self._text.setPlainText(explain(error).sentence)

    def _show_component(self, component: Component) -> None:
        self._name.setText(component.name)
        self._licence.set_text(component.licence)
        self._source.setText(component.source)
        self._source.setVisible(bool(component.source))
        self._text.setPlainText(component.text)
        self._find_next()

    def _filter(self, text: str) -> None:
        cursor = self._text.textCursor()
        cursor.setPosition(cursor.selectionStart())  # a longer search text matches in place
        self._text.setTextCursor(cursor)
        shown = self._text.toPlainText()
        self._list.filter(text)
        if self._text.toPlainText() == shown:
            self._find_next()

    def _find_next(self) -> None:
        """Select the next match, continuing at the beginning."""
        words = self._find.text().strip()
        cursor = self._text.textCursor()
        if not words:
            cursor.clearSelection()
            self._text.setTextCursor(cursor)
        elif not self._text.find(words):
            cursor.setPosition(0)
            self._text.setTextCursor(cursor)
            self._text.find(words)


class _SearchField(QLineEdit):
    """The search field; its arrow keys move in the list."""

    arrow_pressed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(
            self,
            "findLicence",
            tr("Search licences"),
            tr("Search names and licences; press Enter for the next match"),
        )
        self.setProperty("kind", "field")
        self.setPlaceholderText(tr("Search licences"))
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if step := {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key())):
            self.arrow_pressed.emit(step)
        else:
            super().keyPressEvent(event)
