"""The layout of the window."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from app.ui.banner import Banner
from app.ui.composer.composer import Composer
from app.ui.controls import column
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.conversation.typing_relay import TypingRelay
from app.ui.pages import Pages
from app.ui.reader.reader_place import ReaderPlace
from app.ui.screen import fit_window
from app.ui.sidebar.sidebar import Sidebar
from app.ui.theme import Theme
from app.ui.toast import Toast
from app.ui.window.demo_line import DemoLine
from app.ui.window.remote_line import RemoteLine
from app.ui.window.sidebar_place import SidebarPlace
from app.ui.window.title_bar import TitleBar

_HIDDEN = "hidden:"  # prefix of the splitter's state in the settings if the sidebar is hidden


class WindowLayout:
    """The views of a window, in their places. Their behaviour is in the controllers."""

    def __init__(self, window: QMainWindow, theme: Theme) -> None:
        self._window = window
        self.sidebar = Sidebar(theme)
        self.conversation = ConversationPane(theme)
        self.composer = Composer(theme)
        self._relay = TypingRelay(self.conversation, self.composer.editor)
        self.demo_line = DemoLine(theme)
        self.remote_line = RemoteLine()
        self.banner = Banner(theme)
        self.title_bar = TitleBar(theme)
        self.title_bar.left.connect(self.focus_editor)
        self.title_bar.sidebar_wanted.connect(lambda: self.show_sidebar(True))
        # Empty at first: what is put elsewhere later takes all that it holds along, which is slow.
        page, center = QWidget(), QWidget()
        self.reading = ReaderPlace(page)
        self.pages = Pages(self.reading)
        self.side = SidebarPlace(window, theme, self.sidebar, center)
        self.side.turned.connect(self.title_bar.set_sidebar_shown)
        self.side.left.connect(self.focus_editor)
        window.setCentralWidget(self.side.splitter)
        self._fill_center(center)
        self._fill_page(page)
        self.toast = Toast(theme, window, self.composer)
        self.sidebar.collapsed.connect(lambda: self.show_sidebar(False))
        self.pages.closed.connect(self.focus_editor)

    def show_sidebar(self, shown: bool) -> None:
        """Show or hide the sidebar; a button in the title bar brings it back."""
        self.side.show(shown)

    def toggle_sidebar(self) -> None:
        """Show the sidebar, or hide it."""
        self.show_sidebar(not self.side.shown)

    def filter_chats(self) -> None:
        """Give the keyboard focus to the search field above the list of chats."""
        self.show_sidebar(True)
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def rename_chat(self) -> None:
        """Rename the row of the list of chats that has the keyboard, else the chat's title."""
        if self.sidebar.list.hasFocus():
            self.sidebar.rename()
        else:
            self.title_bar.rename()

    def focus_editor(self) -> None:
        """Give the keyboard focus to the message editor."""
        self.reading.uncover()
        self.composer.editor.setFocus()

    def geometry(self) -> dict[str, str]:
        """Return the geometry of the window and its parts, in the form of the settings."""
        wanted, state = self.side.state()
        return {
            "window": _base64(self._window.saveGeometry()),
            "splitter": ("" if wanted else _HIDDEN) + _base64(state),
        }

    def restore(self, window: str, splitter: str) -> None:
        """Restore the geometry from the settings, as far as it fits the screens of today."""
        if window:
            self._window.restoreGeometry(QByteArray.fromBase64(_ascii(window)))
        fit_window(self._window)
        if splitter:
            state = QByteArray.fromBase64(_ascii(splitter.removeprefix(_HIDDEN)))
            self.side.restore(not splitter.startswith(_HIDDEN), state)

    def _fill_page(self, page: QWidget) -> None:
        layout = column(page, (0, 0, 0, 12))
        layout.addWidget(self.demo_line)
        layout.addWidget(self.remote_line)
        layout.addWidget(self.conversation, 1)
        below = QHBoxLayout()
        below.setContentsMargins(24, 4, 24, 0)
        below.addStretch(1)
        below.addWidget(self.composer, 1000)
        below.addStretch(1)
        layout.addLayout(below)

    def _fill_center(self, center: QWidget) -> None:
        center.setObjectName("center")
        center.setMinimumWidth(320)
        layout = column(center)
        layout.addWidget(self.title_bar)
        framed = QHBoxLayout()
        framed.setContentsMargins(24, 0, 24, 0)
        framed.addWidget(self.banner)
        layout.addLayout(framed)
        layout.addWidget(self.pages, 1)


def _ascii(text: str) -> bytes:
    """Return a setting as bytes: who edits the file may write anything."""
    return text.encode("ascii", "ignore")


def _base64(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode()
