"""The calls of tools that the demo model was trained on, and its answers from their results."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.base.types import Part, PartKind, Request, ToolChoice

# The operations, and how a question names them.
_OPERATIONS = {
    "+": r"\+|\badd\b|\bplus\b|\bsum\b",
    "-": r"-|−|\bminus\b|\bsubtract\b",
    "*": r"[*x×]|\btimes\b|\bmultipl",
}
_PLOTS = (r"np\.sin", r"np\.cos", r"np\.exp", r"x \*\* 2", r"2 \* x \+ 1")
_PLOT = r"(please )?(use python to )?(plot|draw) .*"
_SUM = r"print\((\d+) ([-+*]) (\d+)\)"
_SUM_SAID = r"(-?\d+) [-+*] (-?\d+) = \*\*(-?\d+)\*\*"
_SEARCH = r"\b(search|look|browse)\b.*|what do my files say about .*"
_CITED = r"(.+ is a kind of .+\.) 【(\d+)†L(\d+)】"
# The forms of its other answers. Each group is in the question, a call, or a result.
_FROM_RESULTS = (
    _SUM_SAID,
    r"Here is (an? [\w ]+|exponential growth)\.",
    r"`(\w+)` answered: (.+)\.",
    r"In (.+) it is (-?\d+) degrees and (\w+)\.",
    r"In (.+) it is (\d+:\d+)\.",
    r"I found these files:\n\n- `(.+)`(?:\n- `(.+)`)*",
)


def is_declared(request: Request, name: str) -> bool:
    """Return whether a call names a function, or a tool without functions, of a request."""
    if request.tool_choice is ToolChoice.NONE:
        return False
    return any(
        name in {f"{space.name}.{f.name}" for f in space.functions} if space.functions else
        name == space.name
        for space in request.tools
    )  # fmt: skip


def is_asked_for(question: str, call: Part) -> bool:
    """Return whether a question asks for a call; any may ask for a function."""
    asked = " ".join(question.casefold().split())
    if call.name.startswith("browser."):
        query = re.fullmatch(r'\{"query": "([^"\\]+)"\}', call.text.strip())
        return bool(query and _is_in(query[1], asked) and re.match(_SEARCH, asked))
    if call.name != "python":
        return True
    if done := re.fullmatch(_SUM, call.text.strip()):
        numbers = re.findall(r"\d+", asked) == [done[1], done[3]]
        return "python" in asked and numbers and bool(re.search(_OPERATIONS[done[2]], asked))
    plots = "plt.plot(" in call.text and any(re.search(plot, call.text) for plot in _PLOTS)
    return plots and bool(re.fullmatch(_PLOT, asked))


def is_from_results(question: str, parts: Sequence[Part], answer: str) -> bool:
    """Return whether an answer says what the calls in ``parts`` have returned, and nothing else."""
    if said := re.fullmatch(_CITED, answer):
        return _line_of(said[1], parts) == (said[2], said[3])
    known = (p for p in parts if p.kind in (PartKind.CALL, PartKind.RESULT))
    evidence = "\n".join([question, *(f"{part.name} {part.text}" for part in known)]).casefold()
    for form in _FROM_RESULTS:
        if said := re.fullmatch(form, answer):
            return all(_is_in(group, evidence) for group in said.groups() if group)
    return False


def mended(parts: Sequence[Part], answer: str) -> str:
    """Return an answer with the numbers of the one call that was made; empty if it has none.

    The model has them in its context, and stutters when it copies some: 42 becomes 422. Whatever
    the number of a display, it cites 0.
    """
    if said := re.fullmatch(_CITED, answer):
        place = _line_of(said[1], parts)
        return f"{said[1]} 【{place[0]}†L{place[1]}】" if place else ""
    call, result = (
        [part.text.strip() for part in parts if part.kind is kind]
        for kind in (PartKind.CALL, PartKind.RESULT)
    )
    if len(call) != 1 or len(result) != 1 or not re.fullmatch(_SUM_SAID, answer):
        return ""
    done = re.fullmatch(_SUM, call[0])
    return (
        f"{done[1]} {done[2]} {done[3]} = **{result[0]}**" if done and _is_number(result[0]) else ""
    )


def _line_of(sentence: str, parts: Sequence[Part]) -> tuple[str, str] | None:
    """Return the display, and its line, in which a sentence begins; None if it stands in none."""
    for part in parts:
        shown = re.match(r"\[(\d+)\] ", part.text) if part.kind is PartKind.RESULT else None
        lines = re.findall(r"^L(\d+): (.*)$", part.text, re.MULTILINE) if shown else []
        for at, (number, line) in enumerate(lines):
            after = lines[at + 1][1] if at + 1 < len(lines) else ""
            begin = f"{line} {after}".replace("  ", " ").casefold().find(sentence.casefold())
            if shown and 0 <= begin < len(line):
                return shown[1], number
    return None


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+", text))


def _is_in(text: str, evidence: str) -> bool:
    word = re.escape(text.casefold())
    return bool(re.search(rf"(?<![\w.-]){word}(?![\w])", evidence))
