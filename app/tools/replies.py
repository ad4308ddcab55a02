"""What the loop itself tells the model about a call: why it was not run, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from app.base.types import Outcome, ResultFacts, ToolNamespace
from app.tools.tool import Result

_NAMED = 40  # functions that a sentence names
_NAME = 80  # characters of a name, as the model wrote it

NO_TERMINAL = "There was no terminal on which to ask the user."
"""The words that go with a refusal where nobody could be asked."""


def refusal(text: str, outcome: Outcome) -> Result:
    """Return the result of a call that did not run."""
    return Result(text, ResultFacts(outcome))


def unknown_tool(name: str, declared: Sequence[ToolNamespace]) -> Result:
    return refusal(
        f"Error: there is no tool named {_quoted(name)}. {_offered(declared)}", Outcome.INVALID
    )


def switched_off(name: str, declared: Sequence[ToolNamespace]) -> Result:
    return refusal(
        f"Error: {_quoted(name)} is switched off in this chat. {_offered(declared)}",
        Outcome.INVALID,
    )


def unusable(name: str) -> Result:
    return refusal(
        f"Error: {_quoted(name)} cannot be used at the moment. Go on without it.", Outcome.INVALID
    )


def repeated() -> Result:
    return refusal(
        "Error: this call was not run, since the same calls have been made again and again. Use "
        "the results that you have, try something else, or answer now.",
        Outcome.INVALID,
    )


def refused(words: str = "") -> Result:
    """Return the result of a call that the user has refused, with what they wrote, if anything."""
    said = f" They wrote: {' '.join(words.split())}" if words.strip() else ""
    return refusal(
        f"The user refused this call, so it was not run.{said} Do not try it again in another way.",
        Outcome.REFUSED,
    )


def never() -> Result:
    return refusal(
        "The user does not allow this function, so it was not run. Go on without it.",
        Outcome.REFUSED,
    )


def enough(words: str = "") -> Result:
    said = f" They wrote: {' '.join(words.split())}" if words.strip() else ""
    return refusal(
        "This call was not run: there were many calls, and the user does not want more of them."
        f"{said} Answer with the results that you have.",
        Outcome.REFUSED,
    )


def stopped() -> Result:
    return refusal("The user stopped the answer before this call was run.", Outcome.STOPPED)


def hurried() -> Result:
    return refusal(
        "This call was not run: the user wants the answer now, with what you have.",
        Outcome.STOPPED,
    )


def incomplete() -> Result:
    return refusal(
        "This call was not complete when the answer was interrupted, and was not run.",
        Outcome.STOPPED,
    )


def unknown_end() -> Result:
    return refusal(
        "It is not known whether this call was carried out: the program ended meanwhile. It was "
        "not run again. Check before you repeat it.",
        Outcome.UNKNOWN,
    )


def imported() -> Result:
    return refusal(
        "This call came with an imported chat, and was not run.",
        Outcome.REFUSED,
    )


def changed() -> Result:
    return refusal(
        "Error: this function changed while the user was asked, so it was not run.",
        Outcome.INVALID,
    )


def failed() -> Result:
    return refusal(
        "Error: the tool failed for a reason of its own, which was recorded for its developers. It "
        "may or may not have done what was asked.",
        Outcome.FAILED,
    )


def _quoted(name: str) -> str:
    text = " ".join(name.split())
    return f"“{text if len(text) <= _NAME else f'{text[:_NAME]}…'}”"


def _offered(declared: Sequence[ToolNamespace]) -> str:
    names: list[str] = []
    for space in declared:
        names += [f"{space.name}.{f.name}" for f in space.functions] or [space.name]
    if not names:
        return "There are no tools here: answer without them."
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"The tools are: {shown}{more}."
