"""The conversation for screen readers: its accessibility tree, and announcements of answers.

Only visible messages are in the tree. The page is a pane that contains the list of messages; each
is an item with a name (author, time, effort) and its full text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleInterface,
    QAccessibleTextInterface,
)
from PySide6.QtWidgets import QAbstractScrollArea, QAccessibleWidget, QWidget
from shiboken6 import VoidPtr

from app.tools.tool_events import Consent
from app.ui.blocks.canvas import Canvas
from app.ui.commands import QUESTION_KEY
from app.ui.controls import spoken
from app.ui.conversation.call_state import CallState
from app.ui.conversation.consent_card import ConsentCard
from app.ui.conversation.departure_card import DepartureCard
from app.ui.conversation.made_view import Figure
from app.ui.conversation.message_list import MessageList
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.sections import Section, SectionKind
from app.ui.conversation.virtual_list import VirtualList
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.tool_words import CallPhase, consent_question, consent_reason

_PAUSE_MS = 1000  # between two announcements
# The end of what may be announced of a growing text: the last end of a sentence before a blank, or
# of a line.
_SENTENCES = re.compile(r".*(?:[.!?…:][\"'”’)\]]*(?=\s)|[。！？]|\n)", re.DOTALL)

_Text = QAccessible.Text
_Role = QAccessible.Role


@cache
def install(page_type: type[QAbstractScrollArea]) -> None:
    """Register the factory of accessible interfaces, which Qt calls once a screen reader is there.

    ``page_type`` is the scroll area with the messages; each has a `VirtualList` among its children.
    """

    def interface_of(name: str, found: QObject) -> QAccessibleInterface | None:
        # Python never frees what this returns, though Qt destroys it with its widget: it must not
        # reference the widget. There are only as many as messages are visible.
        match found:
            case MessageView():
                return AccessibleMessage(found)
            case Canvas():
                return AccessibleSection(found)
            case Figure():
                return QAccessibleWidget(found, _Role.Graphic)
            case ConsentCard() | DepartureCard():
                return QAccessibleWidget(found, _Role.Grouping)
            case QAbstractScrollArea() if isinstance(found, page_type):
                return AccessiblePage(found)
            case QWidget() if (
                isinstance(page := found.parent(), page_type) and page.viewport() is found
            ):
                return AccessibleMessageList(found)
        return None

    QAccessible.installFactory(interface_of)


class AccessibleText(QAccessibleTextInterface):
    """A read-only text. Positions are in UTF-16 code units, as Qt counts."""

    def __init__(self, read: Callable[[], str], area: Callable[[], QRect]) -> None:
        super().__init__()
        self._read, self._area = read, area

    def text(self, start: int, end: int) -> str:
        units = self._units()[2 * start : 2 * end if end >= 0 else None]
        return units.decode("utf-16-le", "replace")

    def characterCount(self) -> int:
        return len(self._units()) // 2

    def characterRect(self, offset: int) -> QRect:
        return self._area()  # the best approximation

    def offsetAtPoint(self, point: QPoint) -> int:
        return 0 if self._area().contains(point) else -1

    def cursorPosition(self) -> int:
        return 0

    def setCursorPosition(self, position: int) -> None:
        """Do nothing: there is no cursor."""

    def selectionCount(self) -> int:
        return 0

    def addSelection(self, start: int, end: int) -> None:
        """Do nothing: the page selects, across messages."""

    def setSelection(self, number: int, start: int, end: int) -> None:
        """Do nothing: the page selects, across messages."""

    def removeSelection(self, number: int) -> None:
        """Do nothing: the page selects, across messages."""

    def scrollToSubstring(self, start: int, end: int) -> None:
        """Do nothing: everything in the tree is visible."""

    def _units(self) -> bytes:
        return self._read().encode("utf-16-le", "surrogatepass")


class AccessibleTextWidget(QAccessibleWidget):
    """An accessible widget with a text."""

    def __init__(self, widget: QWidget, role: QAccessible.Role) -> None:
        super().__init__(widget, role)
        self._text = AccessibleText(self.words, self.rect)

    def words(self) -> str:
        """Return the full text."""
        raise NotImplementedError

    # PySide's type stubs say that this returns an address, as in C++.
    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        if kind == QAccessible.InterfaceType.TextInterface:
            return self._text
        found: object = super().interface_cast(kind)
        return VoidPtr(0) if found is None else found  # PySide crashes on None

    def state(self) -> QAccessible.State:
        state = super().state()
        state.readOnly = state.multiLine = True
        return state


class AccessibleMessage(AccessibleTextWidget):
    """A question or an answer. Its name is `MessageState.title`."""

    def __init__(self, view: MessageView) -> None:
        super().__init__(view, _Role.ListItem)

    def words(self) -> str:
        record = self._record()
        return record.plain_text() if record else ""

    def state(self) -> QAccessible.State:
        state = super().state()
        record = self._record()
        state.busy = bool(record and record.streaming)
        return state

    def _record(self) -> MessageState | None:
        view = self.widget()
        return view.record if isinstance(view, MessageView) else None


class AccessibleSection(AccessibleTextWidget):
    """A section of a message.

    Its buttons are its children. Links are painted, not widgets; the one with the keyboard focus is
    its description.
    """

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas, _Role.Paragraph)

    def words(self) -> str:
        column = self._canvas().column
        return column.text(0, column.length)

    def text(self, kind: QAccessible.Text) -> str:
        if kind == _Text.Description and (link := self._canvas().link):
            text = self._canvas().column.text(link.start, link.end)
            return tr("Link: {text}, {address}").format(text=text, address=link.address)
        return super().text(kind)

    def _canvas(self) -> Canvas:
        canvas = self.widget()
        assert isinstance(canvas, Canvas)
        return canvas


class AccessiblePage(QAccessibleWidget):
    """The scroll area, which has the keyboard focus."""

    def __init__(self, page: QAbstractScrollArea) -> None:
        super().__init__(page, _Role.Pane)

    def text(self, kind: QAccessible.Text) -> str:
        return _in_sight(self.widget()) if kind == _Text.Description else super().text(kind)


class AccessibleMessageList(QAccessibleWidget):
    """The messages, from top to bottom."""

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(viewport, _Role.List)

    def text(self, kind: QAccessible.Text) -> str:
        match kind:
            case _Text.Name:
                return tr("Messages")
            case _Text.Description:
                return _in_sight(self.widget().parent())
        return super().text(kind)

    def childCount(self) -> int:
        return len(self._shown())

    # PySide's type stubs do not allow a missing child.
    def child(self, index: int) -> Any:
        shown = self._shown()
        return QAccessible.queryAccessibleInterface(shown[index]) if index < len(shown) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        found = child.object()
        return next((n for n, shown in enumerate(self._shown()) if shown is found), -1)

    def _shown(self) -> list[QWidget]:
        # Spare widgets, kept for other messages, are hidden.
        children = [c for c in self.widget().children() if isinstance(c, QWidget)]
        return sorted((c for c in children if not c.isHidden()), key=QWidget.y)


def _in_sight(page: QObject | None) -> str:
    """Describe which messages are in the tree, and their total."""
    assert isinstance(page, QAbstractScrollArea)
    messages = page.findChild(VirtualList, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if messages is None:  # the page is being created
        return ""
    edge = page.viewport().rect()
    areas = map(messages.visible_rect, messages.records)
    numbers = [n for n, area in enumerate(areas, 1) if area and area.intersects(edge)]
    if not numbers:
        return ""
    first, last, total = map(number, (numbers[0], numbers[-1], len(messages.records)))
    if first == last:
        return tr("Message {first} of {total}").format(first=first, total=total)
    return tr("Messages {first} to {last} of {total}").format(first=first, last=last, total=total)


class Announcer(QObject):
    """An announcer of a growing answer, in whole sentences and with pauses.

    It announces that the model is thinking, the text, and how the answer ended. Reasoning is only
    announced if it is open.
    """

    announced = Signal(str)

    def __init__(self, page: QWidget, messages: MessageList) -> None:
        super().__init__(page)
        self._page = page
        self._record: MessageState | None = None
        self._departure: Consent | None = None
        self._read: dict[Section, int] = {}
        self._calls: dict[CallState, tuple[object, ...]] = {}
        self._thinking = False
        self._work = ""  # what was announced of what precedes the answer
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._announce)
        messages.answering.connect(self._answering)

    def _answering(self, record: MessageState) -> None:
        """Handle the beginning, growth or end of an answer."""
        if not QAccessible.isActive():
            return
        if record is not self._record:
            if not record.streaming:
                return  # it ended before a screen reader was running
            self._record, self._thinking, self._work = record, False, ""
            self._departure = None
            self._read = {section: len(section.plain) for section in record.sections}
            self._calls = {c: (c.part, c.phase, c.consent) for c in record.calls}
            self._timer.stop()
        if not record.streaming:
            self._timer.stop()
            self._announce()
            self._record = None
        elif not self._timer.isActive():
            self._announce()

    def _announce(self) -> None:
        record = self._record
        if record is None:
            return
        texts = []
        waits = record.work is not None and record.work.withdrawable
        if record.work and record.work.announced != self._work:
            self._work = record.work.announced
            texts.append(self._work)
        if record.thinking and not waits and not self._thinking:
            self._thinking = True
            texts.append(tr("Thinking"))
        texts += self._new_calls(record)
        if record.departure is not self._departure:
            self._departure = record.departure
            texts += _asked(record.departure, 0) if record.departure else []
        texts += [self._unannounced(record, section) for section in record.sections]
        if not record.streaming:
            texts.append(_ended(record))
        if text := " ".join(" ".join(texts).split()):
            event = QAccessibleAnnouncementEvent(self._page, text)
            if record.asked:  # the answer waits for it
                event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(event)
            self.announced.emit(text)
            self._timer.start()

    def tell(self, text: str) -> None:
        """Announce a sentence."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._page, text))
            self.announced.emit(text)

    def _new_calls(self, record: MessageState) -> list[str]:
        """Return what is new of the calls: that one runs, what came of it, and questions."""
        texts = []
        for call in record.calls:
            now = call.part, call.phase, call.consent
            if self._calls.get(call) == now or call.phase is CallPhase.WRITTEN:
                continue
            self._calls[call] = now
            texts.append(call.label().rstrip("…") + ".")
            if consent := call.consent:
                texts += _asked(consent, call.before)
        return texts

    def _unannounced(self, record: MessageState, section: Section) -> str:
        """Return a section's text that was not announced yet, up to the end of a sentence."""
        start = self._read.get(section, 0)
        new = section.plain[start:]
        if section.growing:
            found = _SENTENCES.match(new)
            new = found[0] if found else ""
        self._read[section] = start + len(new)
        if section.kind is SectionKind.REASONING and not record.row.thought_open:
            return ""
        if section.kind in (SectionKind.CALL, SectionKind.OUTPUT):
            return ""  # their row is announced
        return new


def _asked(consent: Consent, calls: int) -> list[str]:
    """Return a question to the user, and how to get to it; ``calls`` were made so far."""
    press = tr("Press {key} to decide.").format(key=spoken(QUESTION_KEY))
    return [consent_question(consent, calls), consent_reason(consent), press]


def _ended(record: MessageState) -> str:
    if record.error:
        return explain(record.error).sentence
    return record.notice or tr("Answer finished")
