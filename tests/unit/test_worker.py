"""The worker's handling of commands, over the protocols for llama.cpp."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Delta, Done, Loading, Prefill, Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import (
    AnswerEndless,
    Cancelled,
    ContextFull,
    EngineFailed,
    ModelLoadFailed,
    RequestUnsupported,
    SchemaUnsupported,
)
from app.base.types import (
    Effort,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolChoice,
)
from app.engine import kv_pool, memory_model, plan, probe, worker
from app.engine.engine_protocol import NeedsContext
from app.engine.memory_model import PARTS
from app.engine.overrides import Overrides
from app.engine.placement import MovedExperts
from app.formats import question_text
from app.formats.harmony.render import render_request
from tests.fakes import gpt_oss
from tests.fakes.engine import (
    BATCH,
    VOCABULARY,
    FakeEngine,
    FakeModel,
    Served,
    answers,
    serving,
    spell,
    thinks,
)
from tests.fakes.vocabulary import CONTROL, render

FILE = ModelRef.of_file(Path("model.gguf"), "Fake")
LONG = "What is the capital of Spain? " * 20
GIB = 1 << 30
PLAN = replace(
    plan.make(gpt_oss.header("20b"), probe.Machine(64 * GIB, 64 * GIB, 8), Overrides(context=4096)),
    longest=0,  # the fake model's context is another one, and does not grow
)
Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Yield a function that starts workers with a loaded model, or without if not ``loads``."""
    with serving(tmp_path, monkeypatch) as start:

        def begin(size: int = 4000, keep: Path | None = None, *, loads: bool = True) -> Served:
            return start(FakeModel(size), PLAN if loads else None, keep)

        yield begin


def says(role: Role, text: str, kind: PartKind = PartKind.TEXT) -> Message:
    return Message(role, (Part(text, kind),))


def request(*texts: str, **more: Any) -> Request:
    """Return a request of alternating questions and answers."""
    roles = (Role.USER, Role.ASSISTANT) * len(texts)
    messages = tuple(says(role, text) for role, text in zip(roles, texts, strict=False))
    return Request(FILE, messages, Effort.LOW, chat=1, **more)


def size(asked: Request) -> int:
    return len(render(asked, VOCABULARY))


def of_kind(kind: type, events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def said(events: list[Any]) -> list[Part]:
    draft = Draft()
    for delta in of_kind(Delta, events):
        draft.add(delta)
    return list(draft.parts)


def ask(served: Served, asked: Request, *script: int) -> list[Any]:
    served.model.script = list(script or answers("Madrid."))
    return served.do("ask", asked)


def done(events: list[Any]) -> Done:
    (found,) = of_kind(Done, events)
    assert events[-1] is found
    assert isinstance(found, Done)
    return found


# --- An answer ------------------------------------------------------------------------------


def test_a_question_and_its_answer(serve: Serve) -> None:
    served = serve()
    asked = request(LONG)
    events = ask(served, asked, *thinks("Spain."), *answers("Madrid.", after=True))
    opening = render_request(asked, VOCABULARY).sizes[0]
    assert events[0] == Prompt(size(asked), 4000, 1000, 0, opening, 0)
    assert said(events) == [Part("Spain.", PartKind.REASONING), Part("Madrid.")]
    assert done(events).reason is StopReason.END
    (sampler,) = served.model.samplers
    assert sampler.closed
    assert sampler.sampling == asked.sampling


def test_the_share_of_attached_files(serve: Serve) -> None:
    served = serve()
    file = Part("one\n" * 50, PartKind.FILE, "a.txt")
    asked = request("hello")
    asked = replace(asked, messages=(Message(Role.USER, (file, Part("What is it?"))),))
    (prompt,) = of_kind(Prompt, ask(served, asked, *answers("Ones.")))
    alone = len(VOCABULARY.tokenizer.encode(question_text(file)))
    assert prompt.attached == alone
    assert prompt.opening + prompt.attached < prompt.count


def test_the_numbers_of_an_answer(serve: Serve) -> None:
    served = serve()
    asked = request(LONG, sampling=Sampling(seed=7))
    stats = done(ask(served, asked, *thinks("ab"), *answers("c", after=True))).stats
    assert stats.prompt_tokens == stats.evaluated == size(asked)
    # The channel's name and its opening belong to the header; <|end|> is the reasoning's last.
    assert stats.reasoning_tokens == 3
    assert stats.generated == len(thinks("ab")) + len(answers("c", after=True))
    assert (stats.seed, stats.context, stats.restored, stats.dropped) == (7, 4000, 0, 0)
    assert served.model.samplers[0].seed == 7
    assert stats.peak_memory > 1_000_000
    assert stats.first_token_s >= 0
    assert stats.generation_s >= 0


def test_the_clock_of_an_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """One second for each batch, and ten for each token drawn."""
    served = serve()
    now = [100.0]

    def decoded() -> bool:
        now[0] += 1
        return True

    def drawn() -> None:
        now[0] += 10

    monkeypatch.setattr("app.engine.worker.time.monotonic", lambda: now[0])
    served.model.on_decode, served.model.on_sample = decoded, drawn
    asked = request(LONG)
    script = answers("Madrid.")
    stats = done(ask(served, asked, *script)).stats
    before = len(served.model.batches) - (len(script) - 1)
    assert stats.first_token_s == stats.prompt_s == before + 10
    assert stats.generation_s == 11 * (len(script) - 1)


def test_a_seed_that_is_not_given_is_drawn_and_told(serve: Serve) -> None:
    served = serve()
    seeds = {done(ask(served, request("Hi"))).stats.seed for _ in range(4)}
    assert len(seeds) > 1
    assert [s.seed for s in served.model.samplers][-1] in seeds
    assert done(ask(served, request("Hi", sampling=Sampling(seed=5)))).stats.seed == 5


def test_a_call_ends_an_answer(serve: Serve) -> None:
    script = spell(
        VOCABULARY.channel, "commentary to=functions.f", VOCABULARY.message, "{}", VOCABULARY.call
    )
    assert done(ask(serve(), request("Hi"), *script)).reason is StopReason.CALL


def test_an_answer_is_as_long_as_it_may_be(serve: Serve) -> None:
    script = answers("Madrid." * 100)
    found = done(ask(serve(), request("Hi", sampling=Sampling(max_tokens=20)), *script))
    assert (found.reason, found.stats.generated) == (StopReason.LENGTH, 20)


def test_an_answer_ends_where_the_context_does(serve: Serve) -> None:
    asked = request("Hi")
    served = serve(size(asked) + 30)
    found = done(ask(served, asked, *answers("Madrid." * 100)))
    assert (found.reason, found.stats.generated) == (StopReason.LENGTH, 30)
    assert len(served.model.held) == served.model.size


def test_a_turn_that_is_written_for_the_person_ends_the_answer(serve: Serve) -> None:
    v = VOCABULARY
    turn = spell(v.end, v.start, "user", v.message, "And of France?", v.end)
    events = ask(serve(), request("Hi"), *answers("Madrid.")[:-1], *turn)
    assert done(events).reason is StopReason.END
    assert said(events) == [Part("Madrid.")]


def test_a_tool_s_answer_that_the_model_writes_itself_ends_it_as_a_call(serve: Serve) -> None:
    v = VOCABULARY
    call = spell(v.channel, "commentary to=functions.f", v.message, "{}", v.end)
    reply = spell(v.start, "functions.f to=assistant", v.channel, "commentary", v.message, "42")
    found = done(ask(serve(), request("Hi"), *call, *reply, v.end))
    assert found.reason is StopReason.CALL


@pytest.mark.parametrize("words", ["x", "Madrid. ", "ab" * 32])
def test_an_answer_without_end_is_ended(serve: Serve, words: str) -> None:
    served = serve(12_000)
    *events, error = ask(served, request("Hi"), *answers(words * (9000 // len(words))))
    assert isinstance(error, AnswerEndless)
    found = done(events)
    assert found.reason is StopReason.LENGTH
    assert 2048 <= found.stats.generated < 2048 + 512
    assert done(ask(served, request("Hi"))).reason is StopReason.END


def test_what_repeats_itself_and_changes_is_not_ended(serve: Serve) -> None:
    """A count or a long table may be wanted."""
    counted = " ".join(map(str, range(700)))
    assert done(ask(serve(12_000), request("Hi"), *answers(counted))).reason is StopReason.END
    rows = ("-" * 66 + ".") * 40  # longer than what is searched for
    assert done(ask(serve(12_000), request("Hi"), *answers(rows))).reason is StopReason.END


def test_a_prompt_needs_room_for_a_token(serve: Serve) -> None:
    asked = request(LONG)
    served = serve(size(asked))
    prompt, error = ask(served, asked)
    assert isinstance(prompt, Prompt)
    assert isinstance(error, ContextFull)
    assert (error.prompt, error.context) == (size(asked), size(asked))
    assert served.model.batches == []
    found = done(ask(serve(size(asked) + 1), asked))
    assert (found.reason, found.stats.generated) == (StopReason.LENGTH, 1)


def test_the_oldest_turns_go_where_there_is_no_room(serve: Serve) -> None:
    old = request(LONG, "Madrid.", LONG, "Madrid.", "Hi")
    served = serve(size(old) - 100)
    events = ask(served, old)
    prompt = events[0]
    assert prompt.dropped == done(events).stats.dropped > 0
    rest = replace(old, messages=old.messages[prompt.dropped :])
    assert prompt.count == size(rest)
    (ahead,) = of_kind(Prompt, served.do("count", old))
    assert ahead.dropped == prompt.dropped


def test_a_longer_context_is_asked_for_where_one_is_possible(serve: Serve, tmp_path: Path) -> None:
    old = request(LONG, "Madrid.", LONG, "Madrid.", "Hi")
    served = serve(size(old) - 100, loads=False)
    path = tmp_path / "model.gguf"
    served.do("load", path, replace(PLAN, longest=100_000), None)
    (counted,) = served.do("count", old)
    assert counted.dropped == 0
    (ahead,) = served.do("prepare", old)  # it will be read with the longer context
    assert ahead == counted
    assert ask(served, old) == [NeedsContext(2 * (size(old) - 100))]
    assert served.model.batches == []
    # It could not grow, and does not try again.
    served.model.script = [*answers("Paris.")]
    events = served.do("ask", old, False)
    assert events[0].dropped == done(events).stats.dropped > 0
    assert done(ask(served, old)).stats.dropped > 0


def test_a_context_grows_to_the_longest_at_most(serve: Serve, tmp_path: Path) -> None:
    old = request(LONG, "Madrid.", LONG, "Madrid.", "Hi")
    served = serve(300, loads=False)
    served.do("load", tmp_path / "model.gguf", replace(PLAN, longest=500), None)
    assert ask(served, old) == [NeedsContext(500)]


def test_an_answer_is_gone_on_with(serve: Serve) -> None:
    served = serve()
    begun = says(Role.ASSISTANT, "Mad")
    asked = replace(request("Hi"), messages=(says(Role.USER, "Hi"), begun))
    events = ask(served, asked, *spell("rid.", CONTROL["<|return|>"]))
    draft = Draft(begun.parts)
    for delta in of_kind(Delta, events):
        draft.add(delta)
    assert draft.parts == (Part("Madrid."),)


def test_half_a_character_at_the_end_is_not_lost(serve: Serve) -> None:
    script = [*answers("")[:-1], *"é".encode()[:1], CONTROL["<|return|>"]]
    events = ask(serve(), request("Hi"), *script)
    assert said(events) == [Part("\ufffd")]
    cut = request("Hi", sampling=Sampling(max_tokens=len(script) - 1))
    assert said(ask(serve(), cut, *script)) == [Part("\ufffd")]


# --- The prompt -----------------------------------------------------------------------------


def test_a_prompt_is_read_in_batches(serve: Serve) -> None:
    """The first is short, for an early estimate of the time.

    The last token comes alone, after the checkpoint.
    """
    served = serve()
    events = ask(served, request(LONG))
    total = size(request(LONG)) - 1
    steps = [(event.done, event.total) for event in of_kind(Prefill, events)]
    assert steps[:2] == [(0, total), (64, total)]
    assert steps[-1] == (total, total)
    gone = [after - before for (before, _), (after, _) in pairwise(steps[1:-1])]
    assert set(gone) == {BATCH}
    lengths = [len(batch) for batch in served.model.batches]
    assert sum(lengths[: len(steps)]) == total + 1
    assert lengths[len(steps) - 1] == 1


@pytest.mark.parametrize(
    ("layers", "moved", "copies"),
    [(24, (), True), (25, (MovedExperts(0, PARTS),), True), (25, (), False)],
)
def test_where_batches_copy_weights_none_is_short(
    serve: Serve,
    tmp_path: Path,
    layers: int,
    moved: tuple[MovedExperts, ...],
    copies: bool,
) -> None:
    card = probe.Gpu("CUDA0", "card", GIB, GIB)
    shares = (plan.Share(card, min(layers, 24), PLAN.host, GIB),)
    told = replace(PLAN, shares=shares, gpu_layers=layers, moved=moved, ubatch=BATCH)
    first = BATCH if copies else 64
    for command in ("ask", "prepare"):
        served = serve(loads=False)
        served.do("load", tmp_path / "model.gguf", told, None)
        served.model.script = answers("Madrid.")
        served.do(command, request(LONG))
        assert len(served.model.batches[0]) == first
        ahead = {len(batch) for batch in served.model.batches[:-1]}
        assert max(ahead) == (first if command == "prepare" else BATCH)


def test_another_try_costs_one_token(serve: Serve) -> None:
    """However long the answer was: the window no longer holds what came before it."""
    served = serve()
    asked = request(LONG)
    ask(served, asked, *answers("Madrid. " * 50))
    assert served.model.memory.oldest(0) > size(asked)
    assert done(ask(served, asked)).stats.evaluated == 1


def test_a_follow_up_costs_its_new_words(serve: Serve) -> None:
    served = serve()
    first = request(LONG)
    ask(served, first, *thinks("Hm. " * 50), *answers("Madrid.", after=True))
    ahead = served.do("prepare", request(LONG, "Madrid."))[0]
    second = request(LONG, "Madrid.", "And of France?")
    stats = done(ask(served, second)).stats
    assert stats.evaluated == size(second) - ahead.count
    assert stats.evaluated < 60


def test_a_third_prompt_goes_back_to_where_two_parted(serve: Serve) -> None:
    served = serve()
    ask(served, request(LONG, "Madrid.", "One " * 5))
    ask(served, request(LONG, "Madrid.", "Two " * 5), *answers("Madrid. " * 50))
    stats = done(ask(served, request(LONG, "Madrid.", "Three " * 5))).stats
    assert stats.reused > size(request(LONG))


def test_a_seed_starts_from_nothing(serve: Serve) -> None:
    """Other batches have slightly different logits."""
    served = serve()
    asked = request(LONG, sampling=Sampling(seed=1))
    for _ in range(2):
        before = len(served.model.batches)
        stats = done(ask(served, asked)).stats
        assert stats.evaluated == stats.prompt_tokens
        lengths = [len(batch) for batch in served.model.batches[before:]]
        assert lengths[:3] == [64, BATCH, BATCH]
    assert done(ask(served, replace(asked, sampling=Sampling()))).stats.evaluated == 1


def test_a_batch_that_fails_is_told_and_the_next_question_answered(serve: Serve) -> None:
    served = serve()

    def fails() -> bool:
        raise EngineFailed("llama_decode: 1")

    served.model.on_decode = fails
    *_, error = ask(served, request(LONG))
    assert isinstance(error, EngineFailed)
    served.model.on_decode = lambda: True
    assert done(ask(served, request(LONG))).reason is StopReason.END


def test_a_fault_in_mid_answer_frees_the_sampler(serve: Serve) -> None:
    served = serve()

    def drawn() -> None:
        served.model.on_decode = fails

    def fails() -> bool:
        raise EngineFailed("llama_decode: 1")

    served.model.on_sample = drawn
    *_, error = ask(served, request(LONG))
    assert isinstance(error, EngineFailed)
    assert served.model.samplers[0].closed


# --- Stop -----------------------------------------------------------------------------------


def stop_at(served: Served, batch: int, *, aborts: bool = False) -> None:
    """Cancel the current command during that batch, counted from now."""
    left = [batch]

    def decoded() -> bool:
        left[0] -= 1
        if not left[0]:
            served.cancel(served.number)
            return not aborts
        return True

    served.model.on_decode = decoded


@pytest.mark.parametrize("aborts", [False, True])
def test_a_stop_between_batches(serve: Serve, aborts: bool) -> None:
    served = serve()
    stop_at(served, 2, aborts=aborts)
    *_, error = ask(served, request(LONG))
    assert isinstance(error, Cancelled)
    assert len(served.model.batches) == 2
    assert served.engine.stops[-1] is True
    served.model.on_decode = lambda: True
    stats = done(ask(served, request(LONG))).stats
    assert served.engine.stops[-1] is False
    assert stats.reused == (64 if aborts else 64 + BATCH)


def test_a_stop_at_the_last_token_of_a_prompt(serve: Serve) -> None:
    served = serve()
    batches = 2 + (size(request(LONG)) - 65) // BATCH
    stop_at(served, batches + 1, aborts=True)
    *_, error = ask(served, request(LONG))
    assert isinstance(error, Cancelled)
    assert len(served.model.batches[-1]) == 1
    served.model.on_decode = lambda: True
    assert done(ask(served, request(LONG))).stats.evaluated == 1


@pytest.mark.parametrize("aborts", [False, True])
def test_a_stop_in_the_answer(serve: Serve, aborts: bool) -> None:
    """The text so far is kept, and sent before the end."""
    served = serve()

    def drawn() -> None:
        if len(served.model.script) == 4:
            stop_at(served, 1, aborts=aborts)

    served.model.on_sample = drawn
    events = ask(served, request(LONG), *answers("Madrid."))
    assert done(events).reason is StopReason.CANCELLED
    (part,) = said(events)
    assert "Madrid.".startswith(part.text)
    assert part.text
    assert part.text != "Madrid."
    assert served.model.samplers[0].closed


def test_a_stop_is_for_its_own_stream(serve: Serve) -> None:
    """Also while its stream still waits for the one before it."""
    served = serve()
    waiting: list[int] = []

    def decoded() -> bool:
        if not waiting:
            waiting.append(served.send("ask", request("Hello")))
            served.pipe.command("cancel", waiting[0])
            until(lambda: waiting[0] in served._worker._signals.unwanted)
        return True

    served.model.on_decode = decoded
    served.model.script += answers("Madrid.")
    asked = served.send("ask", request(LONG))
    events, [error] = served.together(asked, asked + 1)
    assert done(events).reason is StopReason.END
    assert isinstance(error, Cancelled)


def test_what_is_not_known_is_refused(serve: Serve) -> None:
    served = serve()
    *_, error = served.do("dance", 1, 2)
    assert isinstance(error, EngineFailed)
    for name in ("cancel", "hurry"):
        served.pipe.command(name, 12345)
    assert done(ask(served, request("Hi"), *answers("Hello."))).reason is StopReason.END
    signals = served._worker._signals
    # The last one is forgotten a moment after its end was sent.
    until(lambda: not (signals._known or signals.unwanted or signals._hurried))


def test_the_end_stops_all(serve: Serve) -> None:
    served = serve()

    def decoded() -> bool:
        served.pipe.command("close", 0)
        return not served.engine.stopped.wait(60)

    served.model.on_decode = decoded
    *_, error = ask(served, request(LONG))
    assert isinstance(error, Cancelled)


# --- What a request wants -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "feature"),
    [
        ({"tool_choice": ToolChoice.REQUIRED}, "tool_choice"),
        ({"tool_choice": "get_weather"}, "tool_choice"),
        ({"drawn": (1, 2)}, "drawn"),
    ],
)
@pytest.mark.parametrize("command", ["ask", "prepare", "count"])
def test_what_cannot_be_done_is_refused(
    serve: Serve, command: str, wanted: dict[str, Any], feature: str
) -> None:
    served = serve()
    (error,) = served.do(command, request("Hi", **wanted))
    assert isinstance(error, RequestUnsupported)
    assert error.feature == feature
    assert served.model.batches == []


def test_no_tools_are_no_tools(serve: Serve) -> None:
    served = serve()
    asked = request("Hi", tool_choice=ToolChoice.NONE)
    assert done(ask(served, asked, *answers("Hello."))).reason is StopReason.END


@pytest.mark.parametrize(
    ("stop", "left"),
    [
        (("three",), "One, two, "),
        (("three", "two"), "One, "),
        (("One",), ""),
        (("five",), "One, two, three, four."),
        (("four.!",), "One, two, three, four."),
        (("", "four."), "One, two, three, "),
    ],
)
def test_an_answer_ends_before_a_stop_text(serve: Serve, stop: tuple[str, ...], left: str) -> None:
    """The tokens that make up the stop text do not matter; in reasoning it does not count."""
    served = serve()
    counted = "One, two, three, four."
    events = ask(
        served, request("Count.", stop=stop), *thinks("five One"), *answers(counted, after=True)
    )
    thought, *answer = said(events)
    assert thought.text == "five One"
    assert "".join(part.text for part in answer) == left
    stopped = left != counted
    assert done(events).reason is (StopReason.STOP_TEXT if stopped else StopReason.END)
    assert bool(done(events).stop_text) is stopped
    assert counted[len(left) :].startswith(done(events).stop_text)
    served.model.script = []
    assert done(ask(served, request("Hi"), *answers("One."))).reason is StopReason.END


def test_an_old_stop_is_not_for_a_new_question(serve: Serve) -> None:
    served = serve()
    number = served.number
    ask(served, request("Hi"))

    def decoded() -> bool:
        served.pipe.command("cancel", number)
        return True

    served.model.on_decode = decoded
    assert done(ask(served, request(LONG))).reason is StopReason.END


def test_the_turn_after_a_continued_answer_costs_its_new_words(serve: Serve) -> None:
    """Its reasoning goes, and so the checkpoint is before it."""
    served = serve()
    thought = "I think of capitals. " * 5
    cut = Message(Role.ASSISTANT, (Part(thought, PartKind.REASONING), Part("Madr")))
    asked = replace(request(LONG), messages=(says(Role.USER, LONG), cut))
    (*_, ended) = ask(served, asked, *spell("id."), CONTROL["<|return|>"])
    assert ended.stats.evaluated == size(asked)
    past = replace(cut, parts=(cut.parts[0], Part("Madrid.")))
    later = replace(asked, messages=(asked.messages[0], past, says(Role.USER, "Sure?")))
    assert done(ask(served, later)).stats.evaluated < size(later) - len(LONG)


def test_a_client_s_instructions_stay(serve: Serve) -> None:
    served = serve(2000)
    told = says(Role.SYSTEM, "Answer in rhymes.")
    asked = request(*["word " * 60] * 7)
    asked = replace(asked, messages=(told, *asked.messages))
    prompt, *_ = ask(served, asked)
    assert prompt.dropped > 0
    shown = replace(asked, messages=(told, *asked.messages[prompt.dropped + 1 :]))
    assert prompt.count == size(shown)
    assert bytes(spell("rhymes")) in bytes(t for t in served.model.held if t < 256)


# --- Answer now -----------------------------------------------------------------------------


def hurry(served: Served, when: Callable[[], bool]) -> None:
    """Send "answer now" while that token is drawn, and wait until the worker has read it."""
    known = threading.Event()

    def drawn() -> None:
        if when() and not known.is_set():
            served.pipe.command("hurry", served.number)
            until(lambda: served._worker._signals.hurried(served.number))
            known.set()

    served.model.on_sample = drawn


OPENING = spell(
    VOCABULARY.end,
    VOCABULARY.start,
    "assistant",
    VOCABULARY.channel,
    "final",
    VOCABULARY.message,
)


def test_answer_now_ends_the_reasoning(serve: Serve) -> None:
    served = serve()
    script = [*thinks("Hm. " * 20)[:30], *spell("Madrid.", CONTROL["<|return|>"])]
    hurry(served, lambda: len(served.model.script) == 9)
    events = ask(served, request(LONG), *script)
    thought, answer = said(events)
    assert thought.kind is PartKind.REASONING
    assert answer == Part("Madrid.")
    assert OPENING in served.model.batches
    assert done(events).reason is StopReason.END


def test_answer_now_before_anything_was_said(serve: Serve) -> None:
    served = serve()

    def decoded() -> bool:
        served.pipe.command("hurry", served.number)
        until(lambda: served._worker._signals.hurried(served.number))
        return True

    served.model.on_decode = decoded
    events = ask(served, request(LONG), *spell("Madrid.", CONTROL["<|return|>"]))
    assert said(events) == [Part("Madrid.")]
    assert done(events).stats.reasoning_tokens == 0
    assert OPENING[len(spell(VOCABULARY.end, VOCABULARY.start, "assistant")) :] in (
        served.model.batches
    )


def test_answer_now_changes_no_answer(serve: Serve) -> None:
    served = serve()
    hurry(served, lambda: len(served.model.script) == 4)
    events = ask(served, request(LONG), *thinks("Hm."), *answers("Madrid.", after=True))
    assert said(events) == [Part("Hm.", PartKind.REASONING), Part("Madrid.")]
    assert OPENING not in served.model.batches
    served.model.on_sample = lambda: None
    again = ask(served, request(LONG), *thinks("Hm."), *answers("Madrid.", after=True))
    assert said(again)[0] == Part("Hm.", PartKind.REASONING)


def test_answer_now_thinks_on_where_there_is_no_room(serve: Serve) -> None:
    asked = request("Hi")
    for room, opens in ((30 + len(OPENING), False), (31 + len(OPENING), True)):
        served = serve(size(asked) + room)
        hurry(served, lambda served=served: len(served.model.script) == 21)  # type: ignore[misc]
        events = ask(served, asked, *thinks("Hm. " * 20)[:50])
        assert done(events).reason is StopReason.LENGTH
        assert (OPENING in served.model.batches) is opens


def test_answer_now_can_be_stopped(serve: Serve) -> None:
    served = serve()
    hurry(served, lambda: len(served.model.script) == 9)
    known = served.model.on_sample

    def drawn() -> None:
        known()
        if len(served.model.script) == 9:
            stop_at(served, 1, aborts=True)

    served.model.on_sample = drawn
    events = ask(served, request(LONG), *thinks("Hm. " * 20)[:50])
    assert done(events).reason is StopReason.CANCELLED


# --- Reading ahead --------------------------------------------------------------------------


def test_what_is_read_ahead_is_not_read_again(serve: Serve) -> None:
    served = serve()
    past = request(LONG, "Madrid.")
    events = served.do("prepare", past)
    assert [type(event) for event in events[:2]] == [Prompt, Prefill]
    assert not of_kind(Done, events)
    assert max(len(batch) for batch in served.model.batches) == 64  # a question waits for no more
    asked = request(LONG, "Madrid.", "And of France?")
    read = events[0].count
    assert done(ask(served, asked)).stats.evaluated == size(asked) - read


def test_a_question_that_is_typed_is_read_ahead(serve: Serve) -> None:
    served = serve()
    served.do("prepare", request(LONG))
    asked = request(LONG + "And of France?")
    assert done(ask(served, asked)).stats.evaluated < 40


def test_what_is_only_counted_is_not_read(serve: Serve) -> None:
    served = serve()
    (prompt,) = served.do("count", request(LONG, "Madrid."))
    assert isinstance(prompt, Prompt)
    assert prompt.count < size(request(LONG, "Madrid.", ""))
    assert served.model.batches == []


@pytest.mark.parametrize("command", ["ask", "count"])
def test_of_a_whole_conversation_nothing_is_left_out(serve: Serve, command: str) -> None:
    asked = replace(request(*[LONG, "Madrid."] * 9, LONG), whole=True)
    assert size(asked) > 4000
    for context in (4000, size(asked) // 20):  # where it is too long at first sight
        served = serve(context)
        (error,) = served.do(command, asked)
        assert isinstance(error, ContextFull)
        assert error.context == context
        assert error.prompt >= context
        assert served.model.batches == []
    served = serve(size(asked) + 100)
    drawn = answers("So.")
    events = ask(served, asked, *drawn) if command == "ask" else served.do(command, asked)
    counted = events[0]
    assert isinstance(counted, Prompt)
    assert (counted.count, counted.dropped) == (size(asked), 0)


def test_what_a_whole_request_would_be_refused_for_is_known_when_it_is_counted(
    serve: Serve,
) -> None:
    schema = '{"type": "object", "properties": {"a": {"$ref": "http://x/y"}}}'
    asked = replace(request("Hi"), whole=True, response_schema=schema)
    (error,) = serve().do("count", asked)
    assert isinstance(error, SchemaUnsupported)


def test_what_has_no_room_is_not_read_ahead(serve: Serve) -> None:
    served = serve(300)
    (prompt,) = served.do("prepare", request(LONG))
    assert prompt.count >= 300
    assert served.model.batches == []


def test_reading_ahead_stops(serve: Serve) -> None:
    """What was read until then is not read again."""
    served = serve()
    stop_at(served, 2)
    served.do("prepare", request(LONG, "Madrid."))
    assert len(served.model.batches) == 2
    served.model.on_decode = lambda: True
    assert done(ask(served, request(LONG))).stats.reused == 2 * 64


# --- What is kept ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for the disk cache, with limits of tens of tokens and no delays."""
    monkeypatch.setattr(kv_pool, "_WORTH", 8)
    return tmp_path / "kept"


def entries(folder: Path) -> list[Path]:
    return sorted(header.parent for header in folder.glob("*/*/entry.json"))


def until(condition: Callable[[], object]) -> None:
    """Wait for another thread's work."""
    for _ in range(12_000):
        if condition():
            return
        threading.Event().wait(0.005)
    pytest.fail("it never came")


def test_what_was_read_is_kept_when_nobody_asks(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_IDLE_S", 0.01)
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    ask(served, request(LONG))
    until(lambda: entries(folder))
    other = serve(keep=folder)
    other.do("budget", 1 << 30)
    stats = done(ask(other, request(LONG))).stats
    assert (stats.evaluated, stats.restored) == (1, size(request(LONG)) - 1)
    assert done(ask(other, request(LONG))).stats.restored == 0  # it is in memory now


def test_what_was_read_ahead_is_kept_when_nobody_asks(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_IDLE_S", 0.01)
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    served.do("prepare", request(LONG, "Madrid."))
    until(lambda: entries(folder))


def test_a_stopped_answer_is_not_cut_off_from_what_was_said(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be continued, though what is kept is only the prompt."""
    monkeypatch.setattr(worker, "_IDLE_S", 0.01)
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    asked = request(LONG, sampling=Sampling(max_tokens=40))
    ask(served, asked, *answers("Madrid. " * 50))
    until(lambda: entries(folder))
    assert len(served.model.held) > size(asked)


def test_a_start_keeps_at_its_end(serve: Serve, folder: Path) -> None:
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    ask(served, request(LONG))
    assert entries(folder) == []
    served.close()
    assert len(entries(folder)) == 1


def test_no_budget_keeps_nothing(serve: Serve, folder: Path) -> None:
    served = serve(keep=folder)
    ask(served, request(LONG))
    served.close()
    assert entries(folder) == []


def test_a_budget_that_is_taken_back(serve: Serve, folder: Path) -> None:
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    ask(served, request(LONG))
    served.close()
    again = serve(keep=folder)
    again.do("budget", 0)
    assert entries(folder) == []


def test_what_is_asked_aside_is_not_kept(serve: Serve, folder: Path) -> None:
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    ask(served, request(LONG, ephemeral=True))
    served.close()
    assert entries(folder) == []


def test_a_chat_is_forgotten(serve: Serve) -> None:
    served = serve()
    ask(served, request(LONG))
    served.do("forget", 2)
    assert done(ask(served, request(LONG))).stats.evaluated == 1
    served.do("forget", 1)
    assert served.model.memory.used == 0
    stats = done(ask(served, request(LONG))).stats
    assert stats.evaluated == stats.prompt_tokens


def test_another_way_to_run_a_model_finds_nothing(
    serve: Serve, folder: Path, tmp_path: Path
) -> None:
    """With another batch size, the window's cells in llama.cpp's file would not fit."""
    served = serve(keep=folder)
    served.do("budget", 1 << 30)
    ask(served, request(LONG))
    served.close()
    path = tmp_path / "model.gguf"
    found = []
    for other in (
        PLAN,
        replace(PLAN, context=8192),
        replace(PLAN, ubatch=512),
        replace(PLAN, cache=memory_model.CacheType.Q8_0),
    ):
        served = serve(loads=False)
        served.do("load", path, other, folder)
        found.append(done(ask(served, request(LONG))).stats.restored > 0)
    assert found == [True, True, False, False]


# --- Loading, and the end -------------------------------------------------------------------


def test_a_load_tells_how_far_it_is(serve: Serve, tmp_path: Path) -> None:
    served = serve(loads=False)
    events = served.do("load", tmp_path / "model.gguf", PLAN, None)
    fractions = [event.fraction for event in events]
    assert all(isinstance(event, Loading) for event in events)
    assert fractions[-1] == 1
    assert 90 < len(fractions) <= 101
    assert fractions == sorted(set(fractions))


def test_a_load_is_stopped(serve: Serve, tmp_path: Path) -> None:
    served = serve(loads=False)
    served.engine.on_load = lambda: served.cancel(served.number)
    *_, error = served.do("load", tmp_path / "model.gguf", PLAN, None)
    assert isinstance(error, Cancelled)


def test_a_load_that_fails_leaves_the_model_before(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    served.engine.model = None
    *_, error = served.do("load", tmp_path / "model.gguf", PLAN, None)
    assert isinstance(error, ModelLoadFailed)
    assert done(ask(served, request("Hi"))).reason is StopReason.END


def test_an_answer_is_worth_more_than_what_is_kept(serve: Serve, tmp_path: Path) -> None:
    """The loaded file cannot be read again to identify it."""
    served = serve(loads=False)
    served.do("load", tmp_path / "gone.gguf", PLAN, tmp_path / "kept")
    assert done(ask(served, request("Hi"))).reason is StopReason.END


def test_a_model_is_needed(serve: Serve) -> None:
    served = serve(loads=False)
    for name, arguments in (("ask", (request("Hi"),)), ("prepare", (request("Hi"),))):
        (error,) = served.do(name, *arguments)
        assert isinstance(error, EngineFailed)
    assert served.do("budget", 1 << 30) == []
    assert served.do("forget", 1) == []
    (devices,) = served.do("devices")
    assert devices.version == "fake"


def test_the_end_of_the_pipe_is_the_end_of_the_process(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No orphan keeps 12 GB. A running decode is not waited for."""
    ended: list[int] = []

    def ends(code: int) -> None:
        ended.append(code)
        raise SystemExit

    monkeypatch.setattr(os, "_exit", ends)
    for error in (EOFError(), OSError()):
        served = serve()
        served.pipe.end(error)
        until(lambda: ended)
        assert ended == [0]
        ended.clear()


def test_a_process_that_is_told_to_close_ends_though_its_parent_listens_on() -> None:
    code = (
        "from multiprocessing import Pipe\n"
        "from app.engine.worker import Worker\n"
        "from tests.fakes.engine import FakeEngine\n"
        "ours, theirs = Pipe()\n"
        "ours.send(('devices', 1))\n"
        "ours.send(('close', 2))\n"
        "Worker(theirs, FakeEngine(None)).serve()\n"
        "print([ours.recv() for _ in range(2)][1])\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "(1, None)\n", "")


def test_a_parent_that_does_not_listen_is_gone(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def ends(code: int) -> None:
        ended.set()
        raise SystemExit

    monkeypatch.setattr(os, "_exit", ends)
    engine = FakeEngine(FakeModel())
    served = Served(engine.model, engine)

    def broken(payload: object) -> None:
        raise BrokenPipeError

    served.pipe.send = broken  # type: ignore[method-assign]
    served.send("devices")
    assert ended.wait(60)
    served.close()


def test_devices_come_before_the_speeds_that_are_known_so_far(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "give_way", lambda: None)  # this process needs its priority
    devices, *speeds = serve(loads=False).do("measure")
    assert devices == probe.Devices(version="fake")
    assert [each.processor for each in speeds] == [((1, 10.0),), ((2, 10.0),)]
