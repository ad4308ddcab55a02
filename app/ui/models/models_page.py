"""The models page: ways to get a model, the installed ones, and the network."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from app.ui.choices import Segments
from app.ui.controls import Button, column, muted
from app.ui.models.download_pane import DownloadPane
from app.ui.models.installed_pane import InstalledPane
from app.ui.models.network_pane import NetworkPane
from app.ui.models.remote_pane import RemotePane
from app.ui.notice import Notice
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.endpoint_words import remote_intro
from app.wording.language import tr

_WIDTH = 680
_BESIDE = 24  # pixels left and right of the page
_AROUND = 30  # pixels in sight around a part that is to be seen


class ModelsPage(QScrollArea):
    """The page of four panes, one of which is shown."""

    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        download: DownloadPane,
        installed: InstalledPane,
        remote: RemotePane,
        network: NetworkPane,
    ) -> None:
        super().__init__()
        self._theme = theme
        self.download_pane, self.installed_pane, self.network_pane = download, installed, network
        self.remote_pane = remote
        self.setObjectName("modelsPage")
        self.setAccessibleName(tr("Models"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("page")
        middle = QWidget()
        middle.setMaximumWidth(_WIDTH)
        self._layout = column(middle, (0, 24, 0, 32), gap=14)
        self._add_head()
        self._notice = Notice(theme, "modelsError")
        self._notice.hide()
        self._layout.addWidget(self._notice)
        self._panes = {"get": download, "here": installed, "remote": remote, "network": network}
        for pane in self._panes.values():
            self._layout.addWidget(pane)
        self._layout.addStretch(1)
        self._show_pane("get")
        remote.revealed.connect(self._reveal)
        row = QHBoxLayout(page)
        row.setContentsMargins(_BESIDE, 0, _BESIDE, 0)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def set_first(self, first: bool, *, unanswered: bool) -> None:
        """Set whether the page asks only which model to use, as at the first start.

        ``unanswered``: no model is in use yet, so that there is no chat to go back to.
        """
        self._back.setVisible(not unanswered)
        self._tabs.setHidden(first)
        welcome = tr("Welcome to Fireside") if unanswered else tr("Get a model")
        self._title.setText(welcome if first else tr("Models"))
        self.download_pane.set_first(first, unanswered=unanswered)
        self.show_pane("get")
        self.verticalScrollBar().setValue(0)

    def set_progress(self, text: str) -> None:
        """Show what is being loaded; "" for nothing."""
        self._progress.setText(text or self._invitation)

    def set_error(self, sentence: str, detail: str = "") -> None:
        """Show an error, with a program's message as detail; "" hides it."""
        self._notice.set_text(sentence)
        self._notice.set_detail(detail)
        self._notice.setVisible(bool(sentence))
        if sentence:
            self.verticalScrollBar().setValue(0)

    def show_pane(self, name: str, *, focus: bool = False) -> None:
        """Show "get", "here", "remote" or "network"; with ``focus``, its tab gets the keyboard."""
        self._tabs.choose(name)
        if focus:
            self._tabs.setFocus()

    def _add_head(self) -> None:
        self._title = QLabel()
        self._title.setObjectName("modelsTitle")
        self._title.setFont(font(24, 640))
        self._invitation = _invitation("get")
        self._progress = muted(self._invitation, "modelsProgress", pixels=14)
        self._progress.setWordWrap(True)
        escape = QShortcut("Esc", self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._escaped)
        self._back = Button(
            self._theme, "closeModels", tr("Back to chat"), icon="close", shortcut="Esc",
            clicked=self.closed.emit,
        )  # fmt: skip
        self._tabs = Segments(
            "modelsTabs",
            tr("Models"),
            [
                ("get", tr("Get a model"), "tabGet", ""),
                ("here", tr("On this computer"), "tabHere", ""),
                ("remote", tr("Another computer"), "tabRemote", ""),
                ("network", tr("Network"), "tabNetwork", ""),
            ],
        )
        self._tabs.set_value("get")
        self._tabs.chosen.connect(self._show_pane)
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(self._back)
        self._layout.addLayout(row)
        self._layout.addWidget(self._progress)
        self._layout.addSpacing(4)
        self._layout.addWidget(self._tabs)
        self._layout.addSpacing(4)

    def _show_pane(self, name: str) -> None:
        focused = self.focusWidget()
        if focused and any(pane.isAncestorOf(focused) for pane in self._panes.values()):
            self._tabs.setFocus()  # else it would go to whatever is next in the window
        for each, pane in self._panes.items():
            pane.setVisible(each == name)
        if self._progress.text() == self._invitation:
            self._progress.setText(_invitation(name))
        self._invitation = _invitation(name)
        self.verticalScrollBar().setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tabs.fit(self.viewport().width() - zoomed(2 * _BESIDE))

    def _reveal(self, part: QWidget) -> None:
        """Scroll a part into sight, once it is laid out."""
        QTimer.singleShot(0, part, lambda: self.ensureWidgetVisible(part, 0, _AROUND))

    def _escaped(self) -> None:
        if self._back.isVisible():
            self.closed.emit()


def _invitation(pane: str) -> str:
    """Return what is said above a pane while nothing is loaded."""
    if pane == "remote":
        return remote_intro()
    return tr("Choose a model to run on your computer. Chats with it never leave your computer.")
