"""View state of the messages of a conversation, visible or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from app.base.draft import Draft
from app.base.errors import Offline
from app.base.pages.displays import Displays
from app.base.types import Message, Part, PartKind, Role
from app.markdown.citations import may_cite
from app.store import MessageRow, State
from app.tools.tool_events import Consent
from app.ui.conversation.answer_citations import AnswerCitations
from app.ui.conversation.call_state import CallState, MadeFile
from app.ui.conversation.message_items import Item, MessageItems
from app.ui.conversation.sections import Section, SectionKind
from app.ui.conversation.thought_words import doing_now, thought_for, when
from app.ui.state.live_answer import Work
from app.ui.state.live_calls import LiveCall
from app.wording.answered_by import cut_sentence, left_out_sentence, model_on_host, offline_sentence
from app.wording.browser_words import sites_of
from app.wording.departure_words import departure_list, departure_question
from app.wording.efforts import effort_name
from app.wording.errors import Action, Explanation, explain
from app.wording.language import tr
from app.wording.tool_words import calls_made, waiting_for_user


class MessageState:
    """View state of one message."""

    def __init__(self, row: MessageRow, path: Callable[[], Sequence[Message]] = tuple) -> None:
        """Create the state; ``path`` returns the messages before it."""
        self.row = row
        self.error: BaseException | None = None
        self.work: Work | None = None
        """What the answer waits for: the model, or the reading of the prompt."""
        self.offered = self.hurried = False
        """Whether “Answer now” is available, and whether it was used."""
        self._departure: Consent | None = None
        self.versions: tuple[int, ...] = ()
        """The ids of all its versions, if there are several."""
        self.seconds: float | None = None
        """Seconds of reasoning so far; None if unknown."""
        self.measured: int | None = None
        """Its height in pixels at the present width; None until it is laid out."""
        self._items = MessageItems()
        self._parts: tuple[Part, ...] = ()
        self._live: Mapping[int, LiveCall] = {}
        self._shortened: frozenset[int] = frozenset()
        self._wish: bool | None = None  # whether the reasoning was opened or closed here
        self._path = path
        self._pages: list[Part] = []
        self._displays: Displays | None = None
        self._citations = {
            kind: AnswerCitations(partial(self._sources, kind), self._shown_pages)
            for kind in (SectionKind.ANSWER, SectionKind.REASONING)
        }
        self.set_row(row)

    @property
    def is_question(self) -> bool:
        return self.row.message.role is Role.USER

    @property
    def title(self) -> str:
        """The message's author, effort and time, for screen readers."""
        who = tr("You")
        if not self.is_question:
            who = model_on_host(self.row.model, self.row.host) or tr("Answer")
        effort = effort_name(self.row.effort) if self.row.effort else ""
        return ", ".join(text for text in (who, effort, when(self.row.created)) if text)

    @property
    def streaming(self) -> bool:
        return self.row.state is State.STREAMING

    def set_row(self, row: MessageRow, error: BaseException | None = None) -> None:
        """Set the message as it is on disk, and the error that cut it off."""
        if self._wish is not None:  # which may not be on disk yet
            row = replace(row, thought_open=self._wish)
        self.row, self.error = row, error
        self.seconds = row.thought_s
        if not self.streaming:
            self.offered = self.hurried = False
            self.work = self._departure = None
            self._live = {index: call.ended() for index, call in self._live.items()}
        self.set_parts(row.message.parts)
        if not self.streaming:
            for section in self.sections:
                section.finish()

    def set_draft(self, draft: Draft) -> None:
        """Set the parts of an answer so far, and how long it has reasoned."""
        self.seconds = draft.thought_s
        self.set_parts(draft.parts)

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """Set the parts of an answer so far."""
        self._parts = parts
        self._arrange()

    def knows_calls(self, live: Mapping[int, LiveCall], shortened: frozenset[int]) -> bool:
        """Return whether these were set with `set_calls` last."""
        return (live, shortened) == (self._live, self._shortened)

    def set_calls(self, live: Mapping[int, LiveCall], shortened: frozenset[int]) -> None:
        """Set what else is known of the calls, by part.

        ``shortened`` are the parts before which earlier results became short.
        """
        self._live, self._shortened = live, shortened
        self._arrange()

    def _arrange(self) -> None:
        """Assign the parts to the panel and to what follows it."""
        self.measured = None
        if self.is_question:
            self._items.set_question(self.row.message)
        else:
            self._items.set_answer(self._parts, self._live, self._shortened, self.row.state)
            self._cite()

    def _cite(self) -> None:
        """Give the citations their numbers; the reasoning has numbers of its own."""
        changed = {kind: each.update() for kind, each in self._citations.items()}
        for section in self.sections:
            if section.kind not in self._citations or not may_cite(section.source):
                continue
            if changed[section.kind] or section.citations is None:
                section.citations = self._citations[section.kind]
                section.number_again()

    def _sources(self, kind: SectionKind) -> list[str]:
        return [section.source for section in self.sections if section.kind is kind]

    @property
    def citations(self) -> AnswerCitations:
        """The citations in its text for the user."""
        return self._citations[SectionKind.ANSWER]

    def _shown_pages(self) -> Displays:
        """Return the displays on the path up to here."""
        pages = [part for part in self._parts if part.kind is PartKind.PAGE]
        if self._displays is None or pages != self._pages:
            self._pages = pages
            own = Message(Role.ASSISTANT, self._parts)
            self._displays = Displays([*self._path(), own])
        return self._displays

    @property
    def panel(self) -> list[Item]:
        """What the thought panel contains: reasoning, and the calls in it."""
        return self._items.panel

    @property
    def outside(self) -> list[Item]:
        """What follows the thought panel; of a question, all of it."""
        return self._items.outside

    @property
    def thinking(self) -> bool:
        """Whether the model reasons, or calls tools."""
        return self.streaming and self._items.thinks

    @property
    def answered(self) -> bool:
        """Whether there is something to read besides the reasoning."""
        return self._items.begun

    @property
    def sections(self) -> list[Section]:
        """The sections, visible or not, from top to bottom."""
        found: list[Section] = []
        for item in (*self.panel, *self.outside):
            match item:
                case Section():
                    found.append(item)
                case CallState():
                    found += item.sections
        return found

    @property
    def calls(self) -> list[CallState]:
        """The calls, in order."""
        return [item for item in (*self.panel, *self.outside) if isinstance(item, CallState)]

    def set_departure(self, consent: Consent | None) -> None:
        """Set the question about what would be sent to another computer."""
        self._departure = consent
        self.measured = None

    @property
    def departure(self) -> Consent | None:
        """The open question about what would be sent to another computer."""
        asked = self._departure
        return asked if asked and asked.decision is None else None

    @property
    def asked(self) -> Consent | None:
        """The open question to the user: about what would be sent, or about one of the calls."""
        asked = next((call.consent for call in self.calls if call.consent), None)
        return self.departure or asked

    @property
    def made(self) -> list[MadeFile]:
        """What the calls have made."""
        return [item for item in self.outside if isinstance(item, MadeFile)]

    # --- The thought --------------------------------------------------------------------------

    @property
    def thought(self) -> Section | None:
        """The first section of the reasoning, if there is any."""
        return next(iter(self._thoughts), None)

    @property
    def _thoughts(self) -> list[Section]:
        return [
            item
            for item in self.panel
            if isinstance(item, Section) and item.kind is SectionKind.REASONING
        ]

    @property
    def has_header(self) -> bool:
        """Whether it has a header for its reasoning and the calls in it."""
        return bool(self.panel) or (self.streaming and not self.answered)

    @property
    def opened(self) -> bool:
        """Whether the reasoning is visible.

        It is while there is nothing else to read, unless the user chose otherwise.
        """
        wish = self.row.thought_open
        return bool(self.panel) and (not self.answered if wish is None else wish)

    @property
    def in_panel(self) -> list[Item]:
        """What is visible of the panel: all if it is open, else a call that waits for the user."""
        if self.opened:
            return self.panel
        return [item for item in self.panel if isinstance(item, CallState) and item.consent]

    def label(self, calm: bool = False) -> str:
        """Return the header's text; ``calm``: whether the present work has taken a while."""
        if self.thinking:
            if self.work and calm:
                return self.work.label
            if not self.opened:
                return self._doing()
            return tr("Thinking…")
        panel = [item for item in self.panel if isinstance(item, CallState)]
        used = [call for call in panel if call.used]
        made = calls_made((call.part.name, call.page) for call in used)
        sites = sites_of(call.page for call in used if call.page and call.read_page)
        if self.thought:
            return " · ".join(filter(None, (thought_for(self.seconds), made, sites)))
        if made or not panel:
            made = made[:1].upper() + made[1:] or thought_for(self.seconds)
            return " · ".join(filter(None, (made, sites)))
        return panel[0].label()

    def _doing(self) -> str:
        """Return what the model is doing, while that is not visible."""
        call = self.calls[-1] if self.calls else None
        if call and call.consent:
            return waiting_for_user()
        if call and call.running:
            return call.label()
        doing = doing_now(self._thoughts[-1].source) if self.thought else ""
        return tr("Thinking: {doing}").format(doing=doing) if doing else tr("Thinking…")

    def open(self, section: Section) -> None:
        """Open a section, and whatever contains it."""
        item: Item = section
        for call in self.calls:
            if section in call.sections:
                call.open()
                item = call
        if item in self.panel:
            self.set_opened(True)
        section.opened = True
        self.measured = None

    def set_opened(self, opened: bool) -> None:
        """Open or close the reasoning."""
        self._wish = opened
        self.row = replace(self.row, thought_open=opened)
        self.measured = None

    @property
    def visible(self) -> list[Section]:
        """The visible sections."""
        found: list[Section] = []
        for item in (*self.in_panel, *self.outside):
            match item:
                case Section() if item.opened:
                    found.append(item)
                case CallState():
                    found += item.visible
        return found

    @property
    def files(self) -> list[Section]:
        """The sections of a question's attachments, open or not."""
        return [s for s in self.sections if s.kind is SectionKind.FILE]

    # --- Below the message --------------------------------------------------------------------

    @property
    def notice(self) -> str:
        """Why the answer is incomplete without an error; empty if it is complete."""
        match self.row.state:
            case State.STOPPED:
                return tr("You stopped this answer.")
            case State.CUT_OFF:
                if not self.row.message.parts:
                    return tr("This message hasn’t been answered yet.")
                if self.unanswered and self.thought:
                    return tr("This answer was cut off during reasoning.")
                return tr("This answer was cut off.")
            case State.DONE if self._ends_in_call:
                return tr("The model called a tool, but the call was not carried out.")
            case State.DONE if self.unanswered and self.thought:
                return tr("The model finished reasoning but didn’t answer.")
            case State.DONE if self.unanswered:
                return tr("The model didn’t answer.")
        return ""

    @property
    def fault(self) -> Explanation | None:
        """What cut it off, and what can be done about that."""
        if isinstance(self.error, Offline):
            sentence = offline_sentence(begun=self.can_continue)
            return Explanation(sentence, Action.GO_ONLINE, others=(Action.CHOOSE_MODEL,))
        return explain(self.error) if self.error else None

    @property
    def left_out(self) -> str:
        """What a server has left out: of what it was sent, or as settings; empty for nothing."""
        stats = None if self.streaming else self.row.stats
        if stats is None:
            return ""
        cut = cut_sentence(self.row.host) if stats.cut else ""
        return "\n".join(filter(None, (cut, left_out_sentence(self.row.host, stats.left_out))))

    @property
    def unanswered(self) -> bool:
        """Whether it has ended without any text for the user."""
        if self.is_question or self.streaming:
            return False
        return not self.answered

    @property
    def _ends_in_call(self) -> bool:
        """Whether it ends in a call that has no result."""
        parts = self.row.message.parts
        return bool(parts) and parts[-1].kind is PartKind.CALL

    @property
    def can_continue(self) -> bool:
        return any(part.text for part in self.row.message.parts)

    def to_copy(self, *, kept: bool = True) -> str:
        """Return its text for the reader; see `AnswerCitations.to_copy`."""
        text = self.row.message.text
        return text if self.is_question else self.citations.to_copy(text, kept=kept)

    def plain_text(self) -> str:
        """Return all visible text of the message."""
        waits = self.work is not None and self.work.withdrawable
        texts = [self.label(calm=waits)] if self.has_header else []
        texts += [section.name for section in self.files]
        panel = [text for item in self.in_panel for text in _plain(item)]
        if panel:
            texts[-1] = "\n".join((texts[-1], *panel))
        texts += [text for item in self.outside for text in _plain(item)]
        if (consent := self.departure) and consent.outgoing:
            listed = (f"{name}: {text}" for name, text in departure_list(consent.outgoing))
            texts.append("\n".join((departure_question(consent.outgoing), *listed)))
        if self.notice:
            texts.append(self.fault.sentence if self.fault else self.notice)
        texts.append(self.left_out)
        return "\n\n".join(text for text in texts if text)

    @property
    def characters(self) -> int:
        """The number of visible characters, for estimating the height."""
        return sum(len(section.source) for section in self.visible)

    @property
    def lines(self) -> int:
        """The number of line breaks in the visible text."""
        return sum(section.source.count("\n") for section in self.visible)

    @property
    def rows(self) -> int:
        """The number of visible rows of calls, for estimating the height."""
        return sum(isinstance(item, CallState) for item in (*self.in_panel, *self.outside))

    def hiding(self, words: str) -> Section | None:
        """Return the first closed section that has the words, if no visible one has them."""
        wanted = words.casefold()
        if any(wanted in section.plain.casefold() for section in self.visible):
            return None
        return next((s for s in self.sections if wanted in s.plain.casefold()), None)

    def restyle(self) -> None:
        """Adopt the theme's changed colours."""
        for section in self.sections:
            section.restyle()

    def forget(self) -> None:
        """Drop whatever can be rebuilt, since the message is far out of sight."""
        self._displays = None
        for citations in self._citations.values():
            citations.forget()
        for section in self.sections:
            section.forget()

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)


def _plain(item: Item) -> list[str]:
    """Return the visible text of a part of a message."""
    match item:
        case CallState():
            return [item.plain_text()]
        case MadeFile():
            return [item.label()]
        case Section(kind=SectionKind.OTHER):
            return [f"{item.name}\n{item.plain}"]
    return [item.plain] if item.opened else []
