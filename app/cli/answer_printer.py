"""The answer of ``fireside ask``, printed while it comes."""

from __future__ import annotations

import base64
import dataclasses
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from app.base.answer_events import Delta, Done, PartAdded, StopReason, Waiting
from app.base.draft import Draft
from app.base.pages.display_reading import readable
from app.base.types import DECLINED, Message, Part, PartKind, Role
from app.cli import terminal_consent
from app.cli.output import printable, say
from app.cli.printed_citations import PrintedCitations, WhereIs
from app.cli.waiting_line import WaitingLine
from app.tools.tool_events import CallStarted, ConsentAsked
from app.tools.visible import one_line, visible
from app.wording.browser_words import page_of
from app.wording.language import tr
from app.wording.tool_words import CallPhase, call_label


class AnswerPrinter:
    """A printer of the answer to stdout, and of reasoning, calls and their results to stderr.

    With ``quiet``, nothing is printed: see `as_json`. A ``shaped`` answer is JSON for a program: it
    is printed as it is, and only once it is whole. What calls have made is written into the folder
    ``save``, if that is given. ``where`` tells where a page is that the answer cites.
    """

    def __init__(
        self,
        *,
        quiet: bool,
        save: Path | None,
        where: WhereIs = lambda tool, address: address,
        shaped: bool = False,
    ) -> None:
        self.whole = False
        """Whether the model itself has ended the answer."""
        self.cut = False
        """Whether a server has read only part of the question."""
        self._quiet, self._save, self._shaped = quiet, save, shaped
        self._citations = PrintedCitations(where)
        self._draft = Draft()
        self._stats: dict[str, object] = {}
        self._waiting = WaitingLine()
        self._stream: TextIO | None = None  # what was printed to last
        self._text = -1  # the index of the text that was printed last
        self._saved: dict[int, str] = {}  # where media was saved, by its place

    @property
    def message(self) -> Message:
        """The answer so far."""
        return Message(Role.ASSISTANT, self._draft.parts)

    @property
    def said(self) -> str:
        """The answer as it is printed, without citations; empty if there is none."""
        message = self.message
        if not self._shaped:
            return "" if message.declined else message.text
        texts = [part.text for part in message.parts if part.kind is PartKind.TEXT]
        return texts[-1] if texts and self.whole else ""

    def receive(self, event: object) -> None:
        """Handle an event of the backend. Raises OSError if a file cannot be saved."""
        if not isinstance(event, Waiting):
            self._waiting.end()
        match event:
            case Waiting(place) if not self._quiet:
                self._break()
                self._waiting.show(place)
            case Done():
                self.whole = event.reason is StopReason.END
                self.cut = event.stats.cut
                self._stats = dataclasses.asdict(event.stats) | {
                    "tokens_per_second": event.stats.tokens_per_second,
                    "prompt_tokens_per_second": event.stats.prompt_tokens_per_second,
                }
            case Delta():
                self._draft.add(event)
                self._show_text(event)
            case PartAdded(part):
                self._draft.add_part(part)
                self._show_part(part)
            case CallStarted(index, proposal):
                self._show_call(self._draft.parts[index], proposal.tool)
            case ConsentAsked(index, consent):
                self._break()
                calls = sum(part.kind is PartKind.CALL for part in self._draft.parts)
                if not terminal_consent.decide(consent, calls):
                    say(tr("Not allowed: there is no terminal to ask for your permission on."))

    def finish(self) -> None:
        """Print what was held back, and the footnotes of the answer."""
        if self._quiet or self.message.declined:
            return
        if self._shaped:
            print(self.said, end="", flush=True)
            return
        self._print_rest()
        if notes := list(self._citations.footnotes(self.message)):
            print("\n", flush=True)
            print(*(printable(note, sys.stdout) for note in notes), sep="\n", end="", flush=True)

    def as_json(self, *, calls: bool) -> dict[str, Any]:
        """Return the answer as an object; ``calls``: with the calls of tools."""
        message, said = self.message, self.said
        if said and not self._shaped:
            said = self._citations.whole(message)
        made: dict[str, Any] = {}
        if calls:
            made = {"citations": self._citations.as_json(message), "calls": list(self._calls())}
        return {"reasoning": message.reasoning, "answer": said, **made, "stats": self._stats}

    # --- Text ---------------------------------------------------------------------------------

    def _show_text(self, delta: Delta) -> None:
        # A delta without text may change the kind of an earlier part, for example to the answer.
        text = delta.text or self._draft.parts[delta.index].text
        if self._quiet or delta.kind is PartKind.CALL or delta.name == DECLINED or not text:
            return
        stream = sys.stderr if delta.kind is PartKind.REASONING else sys.stdout
        if self._shaped and stream is sys.stdout:
            return
        if delta.index != self._text:
            self._print_rest()
        if stream is sys.stdout and not (text := self._citations.numbered(text, self.message)):
            return
        if self._stream is sys.stderr and stream is not self._stream:
            print("\n", file=sys.stderr, flush=True)
        if stream is sys.stdout and self._text not in (-1, delta.index):
            print("\n", flush=True)
        self._stream = stream
        self._text = delta.index if stream is sys.stdout else self._text
        print(printable(text, stream), end="", file=stream, flush=True)

    def _print_rest(self) -> None:
        print(printable(self._citations.rest(), sys.stdout), end="", flush=True)

    def _break(self) -> None:
        """End the line that was being printed to stderr."""
        if self._stream is sys.stderr and not self._quiet:
            print(file=sys.stderr, flush=True)
        self._stream = None

    # --- Calls --------------------------------------------------------------------------------

    def _show_call(self, call: Part, source: str) -> None:
        if self._quiet:
            return
        self._break()
        name, text = call.name, call.text
        label = call_label(name, text, CallPhase.RUNNING, source=source)
        say("", one_line(label), *_indented(text), "")

    def _show_part(self, part: Part) -> None:
        if part.kind is PartKind.MEDIA:
            self._keep(len(self._draft.parts) - 1, part)
        elif part.kind is PartKind.RESULT and not self._quiet:
            self._break()
            call = next((p for p in self._draft.parts if _is_call(p, part.id)), part)
            facts, page = part.facts, page_of(part)
            label = call_label(part.name, call.text, CallPhase.ENDED, facts=facts, page=page)
            say(one_line(label), *_indented(readable(part.text) if page else part.text), "")

    def _keep(self, place: int, part: Part) -> None:
        """Save what a call has made, if that was asked for, and say where it is."""
        name = one_line(part.name)
        if self._save is None:
            if not self._quiet:
                say(tr("{name} isn’t kept. Add --save FOLDER to save it.").format(name=name))
            return
        from app.exchange.file_names import unused_name

        self._save.mkdir(parents=True, exist_ok=True)
        path = self._save / unused_name(part.name, (p.name for p in self._save.iterdir()))
        with path.open("xb") as file:
            file.write(part.data)
        self._saved[place] = str(path)
        if not self._quiet:
            say(tr("Saved {path}").format(path=path))

    def _calls(self) -> Iterable[dict[str, Any]]:
        parts = self._draft.parts
        for call in parts:
            if call.kind is not PartKind.CALL:
                continue
            entry: dict[str, Any] = {"name": call.name, "arguments": call.text}
            for place, part in enumerate(parts):
                if part.id != call.id:
                    continue
                if part.kind is PartKind.RESULT:
                    facts = part.facts
                    entry |= {"result": part.text}
                    entry |= {"outcome": facts.outcome, "seconds": facts.seconds} if facts else {}
                elif part.kind is PartKind.MEDIA:
                    kept = (
                        {"path": self._saved[place]}
                        if place in self._saved
                        else {"data": base64.b64encode(part.data).decode("ascii")}
                    )
                    file = {"name": part.name, "media_type": part.media_type, **kept}
                    entry.setdefault("files", []).append(file)
            yield entry


def _is_call(part: Part, id: str) -> bool:
    return part.kind is PartKind.CALL and part.id == id


def _indented(text: str) -> list[str]:
    """Return a text in lines, in which nothing can move the terminal's cursor."""
    return [f"  {line}" for line in visible(text.rstrip()).split("\n")] if text.strip() else []
