"""What is checked of each server, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.base.answer_events import StopReason
from app.base.types import Effort, PartKind
from app.engine.remote.remote_server import ServerKind
from tests.clients.servers.bench import Bench, Heard
from tests.clients.servers.cutting_proxy import CuttingProxy

_CAPITAL = "What is the capital of Norway?"
_OSLO = "The capital of Norway is **Oslo**."
_WEATHER = "What is the weather in Oslo?"
_COUNT = "Count to 100."
_MARKS = ("<|", "analysis", "assistantfinal")


@dataclass(frozen=True)
class ServerCheck:
    """A check of a server: what was seen, and whether that is good."""

    name: str
    good: bool
    seen: str = ""


def check(bench: Bench, names: Sequence[str] = ()) -> Iterator[ServerCheck]:
    """Yield the checks, all or those of these names; after "killed" the server has ended."""
    for name, examine in _CHECKS.items():
        if names and name not in names:
            continue
        try:
            good, seen = examine(bench)
        except Exception as error:  # noqa: BLE001 - a check that breaks has failed
            good, seen = False, f"{type(error).__name__}: {error}"
        yield ServerCheck(name, good, seen)


Verdict = tuple[bool, str]


def _detected(bench: Bench) -> Verdict:
    found = bench.detect()
    listed = [each for each in found.models if each.id == bench.running.model]
    good = found.kind is bench.server.kind and len(listed) == 1
    return good, str(found)


def _plain(bench: Bench) -> Verdict:
    heard = bench.ask(_CAPITAL)
    good = heard.text() == _OSLO and heard.done is not None
    return good and heard.done is not None and heard.done.reason is StopReason.END, _told(heard)


def _streams(bench: Bench) -> Verdict:
    heard = bench.ask(_COUNT)
    good = heard.deltas > 5 and heard.text().startswith("1, 2, 3") and heard.first_s < heard.ended_s
    return good, f"{heard.deltas} pieces of text, the first after {_ms(heard.first_s)}"


def _length(bench: Bench) -> Verdict:
    heard = bench.ask(_COUNT, most=30)
    reason = heard.done.reason if heard.done else None
    return reason is StopReason.LENGTH, str(reason)


def _effort(bench: Bench) -> Verdict:
    thoughts = [
        len(bench.ask(_CAPITAL, effort=each).text(PartKind.REASONING))
        for each in (Effort.LOW, Effort.HIGH)
    ]
    return thoughts[1] > thoughts[0] > 0, "{} and {} characters of reasoning".format(*thoughts)


def _reasoning(bench: Bench) -> Verdict:
    heard = bench.ask(_CAPITAL)
    clean = not any(mark in part.text for part in heard.parts for mark in _MARKS)
    thought = heard.text(PartKind.REASONING)
    return "Oslo" in thought and clean, thought or _told(heard)


def _tools(bench: Bench) -> Verdict:
    bench.tool.ran.clear()
    heard = bench.ask(_WEATHER, tools=True)
    ran = [f"{each.call.name}({each.call.arguments})" for each in bench.tool.ran]
    good = ran == ['functions.get_weather({"location": "Oslo"})'] and "Oslo" in heard.text()
    return good, f"{', '.join(ran) or 'no call'}: {_told(heard)}"


def _usage(bench: Bench) -> Verdict:
    heard = bench.ask(_CAPITAL)
    stats = heard.done.stats if heard.done else None
    if stats is None:
        return False, _told(heard)
    return stats.prompt_tokens == 80 and stats.generated in (30, 31), (
        f"{stats.prompt_tokens} and {stats.generated} tokens, "
        f"{stats.tokens_per_second or 0:.0f} tokens/s"
    )


def _responses(bench: Bench) -> Verdict:
    """Ask by the interface that OpenAI's own models, and LM Studio's, are asked by."""
    bench.use(kind=ServerKind.OPENAI)
    plain, called = bench.ask(_CAPITAL), bench.ask(_WEATHER, tools=True)
    bench.use()
    good = plain.text() == _OSLO and "Oslo" in plain.text(PartKind.REASONING)
    return good and "Oslo" in called.text(), f"{_told(plain)} {_told(called)}"


def _stopped_in_the_prefill(bench: Bench) -> Verdict:
    """Stop half a second after the server has got all of a long question."""
    text = "river stone " * (bench.server.long // 2) + _CAPITAL
    got: list[float] = []

    def is_time(_: Heard) -> bool:
        if not got and proxy.asked > len(text):
            got.append(time.monotonic())
        return bool(got) and time.monotonic() > got[0] + 0.5

    with CuttingProxy(bench.running.port) as proxy:
        bench.use(f"http://127.0.0.1:{proxy.port}/v1")
        heard = bench.ask(text, when=is_time)
    bench.use()
    free = bench.ask(_CAPITAL)
    early = not heard.first_s and heard.stopped_s > 0
    good = early and heard.stopped_s < bench.stop_s and not heard.error and free.text() == _OSLO
    seen = f"stopped in {_ms(heard.stopped_s)}" if early else f"it was too quick: {_told(heard)}"
    return good, f"{seen}, the next answer after {free.ended_s:.1f} s"


def _stopped_in_the_answer(bench: Bench) -> Verdict:
    heard = bench.ask(_COUNT, when=lambda heard: "12" in heard.text())
    free = bench.ask(_CAPITAL)
    kept = "12" in heard.text() and heard.done is not None
    good = kept and 0 < heard.stopped_s < bench.stop_s and free.text() == _OSLO
    return good, f"stopped in {_ms(heard.stopped_s)}, the next answer after {free.ended_s:.1f} s"


def _cut(bench: Bench) -> Verdict:
    with CuttingProxy(bench.running.port, 2500) as proxy:
        bench.use(f"http://127.0.0.1:{proxy.port}/v1")
        heard = bench.ask(_COUNT)
    bench.use()
    return heard.fault == "AnswerCutOff" and bool(heard.parts), _told(heard)


def _too_long(bench: Bench) -> Verdict:
    if not bench.server.context:
        return True, "it has no limit that can be reached here"
    words = "river stone " * (bench.server.context // 2 + 500)
    heard = bench.ask(words + _CAPITAL, most=20)
    # llama_cpp.server ends such a stream without a word.
    told = heard.fault in ("ContextFull", "RequestRefused", "AnswerCutOff")
    return told and not heard.parts, _told(heard)


def _killed(bench: Bench) -> Verdict:
    heard = bench.ask(
        _COUNT,
        when=lambda heard: "12" in heard.text(),
        act=lambda _: bench.running.kill(),
    )
    good = heard.fault == "AnswerCutOff" and "12" in heard.text()
    return good, f"{_told(heard)} (after {_ms(heard.stopped_s)})"


def _gone(bench: Bench) -> Verdict:
    heard = bench.ask(_CAPITAL)
    return heard.fault == "ServerUnreachable", _told(heard)


_CHECKS: dict[str, Callable[[Bench], Verdict]] = {
    "detected": _detected,
    "plain": _plain,
    "streams": _streams,
    "length": _length,
    "effort": _effort,
    "reasoning": _reasoning,
    "tools": _tools,
    "usage": _usage,
    "by Responses": _responses,
    "stop in the prefill": _stopped_in_the_prefill,
    "stop in the answer": _stopped_in_the_answer,
    "cut by a proxy": _cut,
    "too long": _too_long,
    "killed": _killed,
    "gone": _gone,
}


def _told(heard: Heard) -> str:
    """Describe an answer."""
    text = heard.text()
    if heard.error:
        detail = " ".join(str(each) for each in heard.error.args[1:])
        return f"{heard.fault}: {heard.sentence} {detail[:200]}"
    return text if len(text) < 80 else f"{text[:40]} … {text[-30:]}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
