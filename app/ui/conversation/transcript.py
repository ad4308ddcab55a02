"""The conversation as a widget: a scroll area that passes its events to its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QWidget

from app.base.types import Effort, ModelRef
from app.tools.tool_events import Decision
from app.ui.clipboard import copy_markdown, copy_text
from app.ui.controls import menu_of, pop_up_below, zooms
from app.ui.conversation.accessible import Announcer, install
from app.ui.conversation.answer_view import AnswerView
from app.ui.conversation.context_menu import open_menu
from app.ui.conversation.find_controller import FindController
from app.ui.conversation.highlight_layer import HighlightLayer
from app.ui.conversation.jump_button import JumpButton
from app.ui.conversation.keyboard_controller import KeyboardController
from app.ui.conversation.keyboard_focus import KeyboardFocus
from app.ui.conversation.message_list import MessageList
from app.ui.conversation.message_menu import (
    MessageCommands,
    fill_menu,
    fill_regenerate,
)
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.mouse_selection import MouseSelection
from app.ui.conversation.question_view import QuestionView
from app.ui.conversation.selection_controller import SelectionController
from app.ui.conversation.text_locator import TextLocator
from app.ui.conversation.view_pool import ViewPool
from app.ui.conversation.virtual_list import VirtualList
from app.ui.theme import Theme
from app.wording.errors import Action
from app.wording.language import tr


class Transcript(QAbstractScrollArea):
    """The messages of a chat.

    ``messages`` is the content, with growing answers; ``list`` handles layout and scrolling;
    ``views`` are the widgets of visible messages; ``selection`` handles the selection, and
    ``finder`` the search.
    """

    again = Signal(int, Effort, object)
    """The id of an answer to make another version of, the effort, and a ModelRef or None."""
    resume = Signal(int)
    """The id of an answer that is to be continued."""
    conclude = Signal(int)
    """The id of a message that the model is to answer from its reasoning."""
    hurried = Signal()
    """“Answer now” was pressed."""
    withdrawn = Signal()
    """The question that waits is to be taken back."""
    act = Signal(Action)
    """An action offered with an error that does not concern one answer alone."""
    edit = Signal(int)
    """The id of a question that is to be edited."""
    version_wanted = Signal(int)
    """The id of a version that is to be shown instead of another."""
    forked = Signal(int)
    """The id of a message at which the chat is to be forked."""
    deleted = Signal(int)
    """The id of a message that is to be deleted, with all that follows it."""
    thought_toggled = Signal(int, bool)
    decided = Signal(str, Decision, str)
    """The id of a question about a call, the user's answer, and words with a refusal."""
    stopped = Signal()
    """The answer is to be stopped."""
    rerun_wanted = Signal(int, object)
    """The id of an answer, and the CallState that is to be run again."""
    rerun_stopped = Signal(object)
    """The CallState that is not to run again any longer."""
    save_wanted = Signal(object)
    """A Part with a figure or a file that is to be saved."""
    cited = Signal(object, str)
    """A citation was pressed: the AnswerCitations of its text, and its mark."""
    sought = Signal()
    """Something in it is to be seen."""
    zoomed = Signal(int)
    """The user zoomed: by how much the wheel was turned."""

    def __init__(self, theme: Theme) -> None:
        install(Transcript)  # first: a running screen reader asks at once
        super().__init__()
        # A screen reader may have asked about the first viewport before its owner was known.
        self.setViewport(QWidget())
        self.setObjectName("transcript")
        self.setAccessibleName(tr("Chat"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setObjectName("transcriptPage")
        self.views = ViewPool(theme, self)
        self.list = VirtualList(self, self.views)
        self.messages = MessageList(self.list)
        self._locator = locator = TextLocator(theme, self.list, self.viewport())
        self.selection = SelectionController(theme, self.list, locator)
        self.finder = FindController(theme, self, self.list, locator)
        self._mouse = MouseSelection(self, locator, self.selection)
        self._keyboard = KeyboardController(self, self.list, locator, self.selection, self.finder)
        self._highlights = HighlightLayer(self.list, self.selection.range, self.finder)
        self._jump = JumpButton(theme, self, self.list)
        self._focus = KeyboardFocus(self)
        self.announcer = Announcer(self, self.messages)
        self.other_models: Callable[[], Sequence[ModelRef]] = tuple
        """Returns the models that are not asked at present, but could be."""
        self._commands = MessageCommands(
            edit=self.edit.emit,
            again=self.again.emit,
            fork=self.forked.emit,
            delete=self.deleted.emit,
            other_models=lambda: self.other_models(),
        )
        self._connect(theme)

    def _connect(self, theme: Theme) -> None:
        self.views.made.connect(self._connect_view)
        self.list.laid_out.connect(self._highlights.update)
        self.list.reordered.connect(self._focus.set_order)
        self._focus.reached.connect(self.list.bring_widget_into_view)
        self.messages.reset.connect(self.selection.forget)
        self.messages.reset.connect(self.finder.refresh)
        self.messages.left.connect(self.finder.forget)
        self.messages.removed.connect(self.selection.forget)
        self.messages.thought_toggled.connect(self.thought_toggled)
        self.selection.changed.connect(self._highlights.update_all)
        self.finder.changed.connect(self._highlights.update_all)
        self._theme = theme
        theme.changed.connect(self._recolour)
        self.list.set_zoom(theme.zoom)

    def _connect_view(self, view: MessageView) -> None:
        view.version_wanted.connect(self.version_wanted)
        view.more.connect(partial(self._open_menu, view))
        view.cited.connect(self.cited)
        match view:
            case QuestionView():
                view.copy.connect(copy_text)
                view.edit.connect(self.edit)
                view.file_toggled.connect(self.messages.toggle_file)
            case AnswerView():
                view.copy.connect(copy_markdown)
                view.copy.connect(view.copied)
                view.again.connect(lambda answer, effort: self.again.emit(answer, effort, None))
                view.regenerate.connect(partial(self._open_regenerate, view))
                view.resume.connect(self.resume)
                view.conclude.connect(self.conclude)
                view.act.connect(self.act)
                view.hurried.connect(self.hurried)
                view.withdrawn.connect(self.withdrawn)
                view.thought_toggled.connect(self.messages.toggle_thought)
                view.changing.connect(partial(self.messages.change, view))
                view.decided.connect(self.decided)
                view.stopped.connect(self.stopped)
                view.rerun_wanted.connect(self.rerun_wanted)
                view.rerun_stopped.connect(self.rerun_stopped)
                view.save_wanted.connect(self.save_wanted)

    def plainText(self) -> str:
        """Return all visible text, in order."""
        return self.messages.plain_text()

    def open_find(self) -> None:
        """Open the search bar."""
        self.sought.emit()
        self.finder.open(self.selection.text(markdown=False))

    def go_to(self, message: int, words: str) -> None:
        """Show a message and the words in it, opening a section that hides them if necessary."""
        if (index := self.messages.index_of(message)) is None:
            return
        self.sought.emit()
        record = self.messages.records[index]
        if (section := record.hiding(words)) is not None:
            with self.list.keeping_place(index):
                record.open(section)
        self.list.show_message(index)
        if words:
            self.finder.open(words, index)

    @property
    def question_in_sight(self) -> bool:
        """Whether the question to the user is visible, at least in part."""
        cards = [v.card for v in self.views.active.values() if isinstance(v, AnswerView)]
        return any(card and not card.visibleRegion().isEmpty() for card in cards)

    def go_to_question(self) -> None:
        """Show the question to the user, and give the keyboard focus to its first button."""
        index = next((n for n, r in enumerate(self.messages.records) if r.asked), None)
        if index is None:
            return
        self.sought.emit()
        record = self.messages.records[index]
        if record is self.messages.records[-1]:
            self.list.follow()
        else:
            self.list.show_message(index)
        view = self.views.get(record)
        if isinstance(view, AnswerView) and (card := view.card):
            self.list.bring_widget_into_view(card)
            card.focus_first()

    def _recolour(self) -> None:
        self.list.set_zoom(self._theme.zoom)
        for record in self.messages.records:
            record.restyle()
        self.viewport().update()

    # --- Qt's events --------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._jump.place()
        self.finder.place()
        self.list.area_resized()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Do nothing: the list places every message itself."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if zooms(event):
            if turned := event.angleDelta().y():
                self.zoomed.emit(turned)
        else:
            super().wheelEvent(event)
        event.accept()  # so that nothing behind it scrolls at the end

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._keyboard.press(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        point = self._locator.nearest(self.viewport().mapFromGlobal(event.globalPos()))
        fill = None
        if point is not None:
            record = self.messages.records[point.message]
            fill = partial(self._fill_menu, record, copying=False)
        open_menu(self, event.globalPos(), self.selection, fill)

    # --- The menu of a message ----------------------------------------------------------------

    def _fill_menu(self, record: MessageState, menu: QMenu, *, copying: bool = True) -> None:
        last = record is self.messages.records[-1]
        fill_menu(menu, record, self._commands, busy=self.messages.busy, last=last, copying=copying)

    def _open_menu(self, view: MessageView, button: QWidget) -> None:
        if view.record:
            menu = menu_of(self, "messageMenuOpen")
            self._fill_menu(view.record, menu)
            pop_up_below(menu, button)

    def _open_regenerate(self, view: MessageView, button: QWidget) -> None:
        if view.record:
            menu = menu_of(self, "regenerateMenu")
            fill_regenerate(menu, view.record, self._commands)
            pop_up_below(menu, button)
