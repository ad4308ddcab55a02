"""Words about tools: their calls, what became of these, and the questions before them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto

from app.base.recipients import plain_name
from app.base.types import Outcome, Part, ResultFacts
from app.tools.tool import ConsentReason, Effect, Proposal
from app.tools.tool_events import Consent, Decision
from app.wording.brief_text import brief
from app.wording.browser_words import (
    Tense,
    browsed,
    browser_phrase,
    is_browser,
    is_find,
    is_open,
    is_search,
    sending_words,
)
from app.wording.departure_words import departure_question, departure_reason
from app.wording.language import number, tr
from app.wording.quantities import duration

_LONGEST_NAME = 60
_LONGEST_ARGUMENT = 40
_PARSED = 20_000  # characters of arguments in which one is looked for
_SHORT_S = 0.095  # below that, seconds have two decimals


class CallPhase(Enum):
    """How far a call is."""

    WRITTEN = auto()
    """The model is writing it."""
    ASKED = auto()
    """The user is asked about it."""
    RUNNING = auto()
    ENDED = auto()
    LEFT = auto()
    """The answer ended before it had a result."""
    CUT_OFF = auto()
    """The program ended meanwhile: nobody knows whether it ran."""


def is_python(recipient: str) -> bool:
    """Return whether a call is of Python."""
    return recipient == "python"


def tool_name(recipient: str) -> str:
    """Return the name of what is called, cut to what a label has room for."""
    return brief(plain_name(recipient), _LONGEST_NAME) or tr("Tool")


def call_label(
    recipient: str,
    arguments: str,
    phase: CallPhase,
    *,
    seconds: float = 0.0,
    facts: ResultFacts | None = None,
    decision: Decision | None = None,
    source: str = "",
    page: Part | None = None,
) -> str:
    """Return a call's heading: "Ran Python · 0.4 s", "files.search “invoice” · 3 results".

    Of the browser, ``source`` is the key of the tool while there are no ``facts``, and ``page``
    what was displayed: "Read “Copper” · example.org".
    """
    facts = facts or ResultFacts(source=source)

    def named(tense: Tense = Tense.PLAIN) -> str:
        if is_browser(recipient):
            return browser_phrase(
                recipient, arguments, tense, source=facts.source, page=page, count=facts.count
            )
        if is_python(recipient):
            return tr("Ran Python") if tense is Tense.PAST else tool_name(recipient)
        return " ".join((tool_name(recipient), *_argument(arguments)))

    match phase:
        case CallPhase.WRITTEN if not is_browser(recipient):
            return tr("Preparing {name}…").format(name=tool_name(recipient))
        case CallPhase.WRITTEN | CallPhase.RUNNING:
            running = named(Tense.NOW)
            if not is_browser(recipient):
                running = tr("Running {name}…").format(name=running)
            return running if seconds < 1 else f"{running} {duration(int(seconds))}"
        case CallPhase.ASKED:
            return named()
        case CallPhase.CUT_OFF:
            return " · ".join((named(), tr("interrupted, outcome unknown")))
        case CallPhase.LEFT:
            return " · ".join((named(), tr("not run")))
    ran = (Outcome.DONE, Outcome.FAILED) if is_python(recipient) else (Outcome.DONE,)
    refused = facts.outcome is Outcome.REFUSED and decision is not None  # which is said below
    details = [
        named(Tense.PAST if facts.outcome in ran else Tense.PLAIN),
        "" if refused else _outcome(recipient, facts),
    ]
    if facts.count is not None and not is_find(recipient):
        details.append(tr("%Ln result(s)", "", facts.count))
    elif facts.seconds and not is_browser(recipient):
        details.append(call_seconds(facts.seconds))
    if decision:
        details.append(decided(decision))
    return " · ".join(filter(None, details))


def rerun_label(recipient: str, seconds: float, facts: ResultFacts | None) -> str:
    """Return the heading of a call that is run again; ``facts`` are None while it runs."""
    if facts is None:
        return call_label(recipient, "", CallPhase.RUNNING, seconds=seconds)
    took = call_seconds(facts.seconds) if facts.seconds else ""
    return " · ".join(filter(None, (tr("Ran again"), _outcome(recipient, facts), took)))


def call_seconds(seconds: float) -> str:
    """Return how long a call took: "0.04 s", "0.4 s", "12 s"."""
    if seconds >= 9.95:
        return duration(seconds)
    return f"{number(max(seconds, 0.01), 1 if seconds >= _SHORT_S else 2)} s"


def _outcome(recipient: str, facts: ResultFacts) -> str:
    match facts.outcome:
        case Outcome.FAILED:
            return tr("error") if is_python(recipient) else tr("failed")
        case Outcome.REFUSED:
            return tr("not allowed")
        case Outcome.STOPPED:
            return tr("stopped")
        case Outcome.UNKNOWN:
            return tr("interrupted, outcome unknown")
        case Outcome.INVALID:
            return tr("not available")
    return ""


def _argument(arguments: str) -> list[str]:
    """Return the first argument that is a text or a number, in quotation marks."""
    try:
        values = json.loads(arguments) if len(arguments) <= _PARSED else None
    except (ValueError, RecursionError):
        return []
    for value in values.values() if isinstance(values, dict) else ():
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
            return [tr("“{text}”").format(text=brief(str(value), _LONGEST_ARGUMENT))]
    return []


def calls_made(calls: Iterable[tuple[str, Part | None]]) -> str:
    """Return which tools an answer has used: "ran Python twice, used files.search".

    ``calls`` are the recipients, with the pages that were displayed: "searched 3 times, read 5
    pages".
    """
    calls = list(calls)
    searches = sum(is_search(recipient) for recipient, _ in calls)
    finds = [page for recipient, page in calls if is_find(recipient)]
    pages = [page for recipient, page in calls if page and is_open(recipient)]
    said = browsed(searches, len(finds), pages)
    counts = Counter(recipient for recipient, _ in calls if not is_browser(recipient))
    if len(counts) > 2:
        return ", ".join((*said, tr("%Ln tool call(s)", "", counts.total())))
    return ", ".join((*said, *(_used(recipient, count) for recipient, count in counts.items())))


def _used(recipient: str, count: int) -> str:
    name = tool_name(recipient)
    match count, is_python(recipient):
        case 1, True:
            return tr("ran Python")
        case 2, True:
            return tr("ran Python twice")
        case _, True:
            return tr("ran Python %Ln time(s)", "", count)
        case 1, _:
            return tr("used {name}").format(name=name)
        case 2, _:
            return tr("used {name} twice").format(name=name)
    return tr("used {name} %Ln time(s)", "", count).format(name=name)


def decided(decision: Decision) -> str:
    """Return a sentence about what the user decided."""
    match decision:
        case Decision.ONCE:
            return tr("You allowed this once")
        case Decision.CHAT:
            return tr("You allowed this in this chat")
        case Decision.ALWAYS:
            return tr("You always allow this")
        case Decision.REFUSE:
            return tr("You didn’t allow this")
        case Decision.NEVER:
            return tr("You never allow this")


def consent_question(consent: Consent, calls: int) -> str:
    """Return what the user is asked; ``calls`` were made in this turn so far."""
    proposal = consent.proposal
    if consent.outgoing:
        return departure_question(consent.outgoing)
    if proposal is None:
        called = tr("The model has called tools %Ln time(s).", "", calls)
        return " ".join((called, tr("Go on?")))
    if sending := sending_words(proposal):
        return sending.question
    function = brief(proposal.function, _LONGEST_NAME) or tool_name(proposal.call.name)
    if not proposal.server:
        return tr("Allow “{function}”?").format(function=function)
    server = brief(proposal.server, _LONGEST_NAME)
    return tr("Allow “{function}” from “{server}”?").format(function=function, server=server)


def consent_reason(consent: Consent) -> str:
    """Return why the user is asked, in one sentence."""
    match consent.reason:
        case ConsentReason.FIRST:
            return tr("The model wants to use this tool, and you haven’t allowed it yet.")
        case ConsentReason.EFFECT:
            return tr("This can make changes outside the chat, so you are asked every time.")
        case ConsentReason.TAINTED:
            return tr(
                "The model has read text that you didn’t write, and may be following "
                "instructions in it."
            )
        case ConsentReason.OTHER_SERVER:
            return tr(
                "The model has read the output of another tool, and may be following "
                "instructions in it."
            )
        case ConsentReason.REMOTE:
            return tr(
                "The model runs outside Fireside, so you are asked about each change it makes."
            )
        case ConsentReason.DEPARTURE:
            return departure_reason()
        case ConsentReason.LIMIT:
            return tr("It may be going round in circles.")
        case ConsentReason.ADDRESS:
            return tr("You didn’t type this address, and no search or page linked to it.")
        case ConsentReason.IMPORTED:
            return tr("This chat was imported, so its addresses may not be yours.")
        case ConsentReason.NEW_SITE:
            return tr("This chat contains private text, which an address could leak.")
        case ConsentReason.FOLLOW_UPS:
            return tr("The model has opened several pages of this site since your last message.")
        case ConsentReason.QUERY:
            return tr(
                "This chat contains private text, and these search words may include some of it."
            )


def effect_of(proposal: Proposal) -> str:
    """Return what a call may do."""
    match proposal.effect:
        case Effect.NONE:
            return tr("Only computes.")
        case Effect.READS if proposal.server:
            return tr("Only reads, according to the server.")
        case Effect.READS:
            return tr("Only reads.")
        case Effect.UNDOABLE:
            return tr("Makes changes that can be undone.")
        case Effect.CHANGES:
            return tr("Can make changes that can’t be undone.")


def waiting_for_user() -> str:
    """Return the status of an answer that waits for a decision."""
    return tr("Waiting for your permission")


def results_shortened() -> str:
    """Return the line about results that became short to make room."""
    return tr("Earlier tool results were shortened to make room in the context.")
