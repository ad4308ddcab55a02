"""A question about a call, asked on the terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from app.store import ConsentRow
from app.tools import replies
from app.tools.tool_events import Consent, Decision
from app.tools.visible import visible
from app.wording.browser_words import sending_words
from app.wording.language import tr
from app.wording.tool_words import consent_question, consent_reason, effect_of


class AnswerConsents:
    """A store of consents that forgets everything at the end: they hold for one answer.

    Of those ``decided`` in the window, what the user never allows holds here, too.
    """

    def __init__(self, decided: Iterable[ConsentRow] = ()) -> None:
        never = (row for row in decided if row.decision == Decision.NEVER)
        self._rows = {(row.tool, row.function): row for row in never}

    def get(self, chat: int | None, tool: str, function: str) -> list[ConsentRow]:
        """Return what was decided about a function."""
        row = self._rows.get((tool, function))
        return [row] if row else []

    def set(self, chat: int | None, tool: str, function: str, pin: str, decision: str) -> None:
        """Keep a decision."""
        self._rows[tool, function] = ConsentRow(chat, tool, function, pin, decision, 0.0)


def decide(consent: Consent, calls: int) -> bool:
    """Have the user decide; return whether there was a terminal to ask on.

    Without one the call is refused. ``calls`` were made so far.
    """
    with _terminal() as terminal:
        if terminal is None:
            consent.decide(Decision.REFUSE, replies.NO_TERMINAL)
            return False
        keyboard, screen = terminal
        for line in question(consent, calls):
            print(line, file=screen)
        answers = _answers(consent)
        choices = "  ".join(f"[{key}] {text}" for key, (text, _) in answers.items())
        _drop_typed_ahead(keyboard)
        while True:
            print(choices, end=" ", file=screen, flush=True)
            line = keyboard.readline()
            typed = line.strip().casefold()
            if typed in answers or not line:
                break
    consent.decide(answers[typed][1] if line else Decision.REFUSE)
    return True


def question(consent: Consent, calls: int) -> Iterator[str]:
    """Yield the lines of a question: all that it is about, with nothing hidden or cut off."""
    yield ""
    yield visible(consent_question(consent, calls))
    proposal = consent.proposal
    if proposal is None:
        yield consent_reason(consent)
        return
    sending = sending_words(proposal)
    said = sending.note if sending else "", consent_reason(consent), effect_of(proposal)
    yield " ".join(filter(None, said[: 2 if sending else None]))
    for name, text in sending.shown if sending else proposal.shown:
        first, *others = visible(text).split("\n")
        yield f"  {visible(name)}: {first}"
        yield from (f"    {line}" for line in others)


def _answers(consent: Consent) -> dict[str, tuple[str, Decision]]:
    """Return what can be typed, with its meaning in words."""
    once = tr("Allow once") if consent.proposal else tr("Go on")
    always = tr("Allow for this answer")
    no = tr("Don’t allow") if consent.proposal else tr("Stop")
    if sending := sending_words(consent.proposal):
        once, no, always = sending.once, sending.refuse, tr("Always this site for this answer")
    found = {tr("y", "key for yes"): (once, Decision.ONCE)}
    if consent.lasting:
        found[tr("a", "key for always")] = (always, Decision.ALWAYS)
    return found | {tr("n", "key for no"): (no, Decision.REFUSE)}


@contextlib.contextmanager
def _terminal() -> Iterator[tuple[TextIO, TextIO] | None]:
    """Open the terminal, wherever the standard streams lead; None if there is none."""
    names = ("CONIN$", "CONOUT$") if sys.platform == "win32" else ("/dev/tty", "/dev/tty")
    with contextlib.ExitStack() as stack:
        try:
            keyboard = stack.enter_context(open(names[0], encoding="utf-8", errors="replace"))
            screen = stack.enter_context(open(names[1], "w", encoding="utf-8", errors="replace"))
        except OSError:
            yield None
            return
        yield keyboard, screen


def _drop_typed_ahead(keyboard: TextIO) -> None:
    """Forget what was typed before the question: it was no answer to it."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        with contextlib.suppress(termios.error):
            termios.tcflush(keyboard.fileno(), termios.TCIFLUSH)
