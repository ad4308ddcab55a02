"""Where everything stands in the window, and how it was left."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from app.ui.composer.composer import Composer, files_in
from app.ui.controls import Button, Elided, Notice, Toast, column, elided, muted, tip
from app.ui.greeting import Greeting
from app.ui.sidebar.sidebar import Sidebar
from app.ui.theme import Theme, font
from app.wording.errors import Action
from app.wording.language import tr

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript

PRESET_KEYS = "Ctrl+Shift+P"
_PRESET_WIDTH = 180  # pixels of its name
# What exports are called; a file of another name is one to be attached.
_CHATS = re.compile(r"conversations(-\d+)?\.json|.+\.conversation\.json|.+\.zip", re.IGNORECASE)
_IN_BANNER = (Action.CHOOSE_MODEL, Action.REPAIR, Action.COPY_DETAILS, Action.OPEN_LOG)
_HIDDEN = "hidden:"  # before the splitter's state, where the side bar is hidden


class WindowLayout(QMainWindow):
    """The window's parts. What they do is the `Window`'s."""

    begun = Signal(object)
    """A Transcript: there was none before."""
    stepped = Signal(Action)
    """What the banner offers is to be done."""
    again = Signal(object)
    """All is to be closed and opened once more: with a Backup in the place of the chats, or with
    the ways out of a StoreError."""
    dropped = Signal(Path)
    """A GGUF file."""
    attached = Signal(object)
    """A list of other files."""
    chats_given = Signal(object)
    """A list of folders, and of files that look as if they had chats."""

    def __init__(self, theme: Theme, fill_models: Callable[[QMenu], None]) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Fireside")
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.resize(1180, 860)
        self._theme = theme
        self.chat: int | None = None
        """The one that is shown; None for a new one."""
        self._transcript: Transcript | None = None
        self.sidebar = Sidebar(theme)
        self.greeting = Greeting(theme)
        self.composer = Composer(theme, fill_models)
        self.composer.editor.files_given.connect(self._take)
        self.conversation = QStackedWidget()
        self.conversation.addWidget(self.greeting)
        self.conversation.setMinimumHeight(64)  # the composer's words come first
        self.pages = QStackedWidget()
        self._splitter = QSplitter()
        bar = self._bar(theme)
        self._add_banner(theme)
        self._arrange(bar)
        self.toast = Toast(theme, self, self.composer, tr("Undo"))

    @property
    def has_transcript(self) -> bool:
        """Whether it has been made."""
        return self._transcript is not None

    @property
    def transcript(self) -> Transcript:
        """The conversation. An empty window need not wait for it."""
        if self._transcript is None:
            from app.ui.conversation.transcript import Transcript

            self._transcript = Transcript(self._theme)
            self.conversation.addWidget(self._transcript)
            self.begun.emit(self._transcript)
        return self._transcript

    def show_sidebar(self, shown: bool) -> None:
        """Shows or hides the chats; a button in the bar brings them back."""
        self.sidebar.setVisible(shown)
        self._reveal.setVisible(not shown)

    def toggle_sidebar(self) -> None:
        """Shows or hides the chats."""
        self.show_sidebar(self.sidebar.isHidden())

    def filter_chats(self) -> None:
        """The keyboard goes to the field above the chats."""
        self.show_sidebar(True)
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def rename_shown(self) -> None:
        """The chat that is marked gets another name."""
        self.show_sidebar(True)
        self.sidebar.rename()

    def show_banner(
        self, sentence: str, action: Action, detail: str = "", *, second: Action = Action.NONE
    ) -> None:
        """A line above the conversation: what went wrong, and what to do."""
        self.banner.set_quiet(False)
        self.banner.set_text(sentence)
        self.banner.set_detail(detail)
        self._steps = [action, second]
        for button, each in zip((self.banner_step, self.banner_second), self._steps, strict=True):
            button.setText(each.words)
            button.setAccessibleName(each.words)
            button.setToolTip(each.words)
            button.setVisible(each in _IN_BANNER)
        self.banner.show()

    def tell_in_banner(self, sentence: str) -> None:
        """The same for what was done as it was wished."""
        self.show_banner(sentence, Action.NONE)
        self.banner.set_quiet(True)

    def show_preset(self, name: str) -> None:
        """The preset of the chat; an empty name for none."""
        picker = self.preset_picker
        label = tr("Preset: {name}").format(name=name) if name else tr("Choose a preset")
        picker.setText(f" {elided(picker, name, _PRESET_WIDTH)}" if name else "")
        picker.setAccessibleName(label)
        picker.setToolTip(tip(label, PRESET_KEYS))

    def raise_to_front(self) -> None:
        """Somebody started Fireside again: here it is."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def place(self) -> dict[str, str]:
        """Where and how large everything is, as settings keep it."""
        hidden = _HIDDEN if self.sidebar.isHidden() else ""
        return {
            "window": _base64(self.saveGeometry()),
            "splitter": hidden + _base64(self._splitter.saveState()),
        }

    def restore(self, window: str, splitter: str) -> None:
        """As it was left."""
        if window:
            self.restoreGeometry(QByteArray.fromBase64(window.encode()))
        if splitter:
            state = splitter.removeprefix(_HIDDEN)
            self._splitter.restoreState(QByteArray.fromBase64(state.encode()))
            self.show_sidebar(not splitter.startswith(_HIDDEN))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event.mimeData()):
            _copy(event)
            self.composer.set_welcoming(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.composer.set_welcoming(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.composer.set_welcoming(False)
        if paths := files_in(event.mimeData()):
            _copy(event)
            self._take(paths)

    def _take(self, paths: list[Path]) -> None:
        """Files that were dropped or pasted: a model is to be used, exports of chats are shown,
        all others are attached."""
        models = [path for path in paths if path.suffix.lower() == ".gguf"]
        if models:
            self.dropped.emit(models[0])
        if chats := [path for path in paths if _has_chats(path)]:
            self.chats_given.emit(chats)
        if others := [path for path in paths if path not in (*models, *chats)]:
            self.attached.emit(others)

    def _arrange(self, bar: QWidget) -> None:
        page = QWidget()
        layout = column(page, (0, 0, 0, 12))
        layout.addWidget(self.conversation, 1)
        below = QHBoxLayout()
        below.setContentsMargins(24, 4, 24, 0)
        below.addStretch(1)
        below.addWidget(self.composer, 1000)
        below.addStretch(1)
        layout.addLayout(below)
        self.chat_page = page
        self.pages.addWidget(page)

        center = QWidget()
        center.setObjectName("center")
        center.setMinimumWidth(496)  # what the composer's controls need
        layout = column(center)
        layout.addWidget(bar)
        framed = QHBoxLayout()
        framed.setContentsMargins(24, 0, 24, 0)
        framed.addWidget(self.banner)
        layout.addLayout(framed)
        layout.addWidget(self.pages, 1)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.sidebar)
        self._splitter.addWidget(center)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([264, 916])
        self.setCentralWidget(self._splitter)

    def _add_banner(self, theme: Theme) -> None:
        self.banner = Notice(theme, "banner")
        self._steps = [Action.CHOOSE_MODEL, Action.OPEN_LOG]
        self.banner_step, self.banner_second = (
            Button(
                theme, name, step.words, text=step.words,
                clicked=lambda place=place: self.stepped.emit(self._steps[place]),
            )
            for place, (name, step) in enumerate(
                zip(("bannerAction", "bannerSecondAction"), self._steps, strict=True)
            )
        )  # fmt: skip
        dismiss = Button(
            theme, "dismissBanner", tr("Dismiss"), icon="close", size=14, clicked=self.banner.hide
        )
        self.banner.add_button(self.banner_step)
        self.banner.add_button(self.banner_second)
        self.banner.add_button(dismiss)
        self.banner.hide()

    def _bar(self, theme: Theme) -> QFrame:
        bar = QFrame()
        bar.setObjectName("bar")
        bar.setFixedHeight(48)
        row = QHBoxLayout(bar)
        row.setContentsMargins(14, 0, 16, 0)
        row.setSpacing(8)
        self._reveal = Button(
            theme, "showSidebar", tr("Show the side bar"), icon="sidebar", shortcut="Ctrl+B",
            clicked=lambda: self.show_sidebar(True),
        )  # fmt: skip
        self._reveal.hide()
        self.title = Elided("title")
        self.title.setFont(font(14, 600))
        self.preset_picker = Button(
            theme, "presetPicker", "", icon="preset", kind="ghost", shortcut=PRESET_KEYS, weight=400
        )
        self.show_preset("")
        self.model_name = muted(name="modelName", pixels=13)
        row.addWidget(self._reveal)
        row.addSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.preset_picker)
        row.addWidget(self.model_name)
        return bar


def _copy(event: QDropEvent) -> None:
    """The file stays where it is, whatever was proposed."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _base64(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode()


def _has_chats(path: Path) -> bool:
    """Whether a folder or file is to be looked into for chats."""
    return bool(_CHATS.fullmatch(path.name)) or path.is_dir()
