"""What the demo model says is shown only if it answers the question."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, Prompt, StopReason
from app.base.errors import EngineFailed, FiresideError
from app.base.types import (
    DECLINED,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolChoice,
    ToolFunction,
    ToolNamespace,
    ToolSource,
)
from app.engine.backend import ScriptedBackend
from app.engine.demo_answers import SORRY, fits
from app.engine.demo_calls import is_asked_for, is_from_results
from app.engine.demo_filter import SENTENCE, DemoFilter
from app.host import demo_model
from app.tools.browser.browser_functions import BROWSER_FUNCTIONS
from tests.fakes.answers import answer, done, said, thought

DEMO = demo_model()
FRANCE = "The capital of France is **Paris**."
CODE = (
    "Here is a function that adds two numbers:\n\n```python\ndef add(a, b):\n"
    '    """Return a + b."""\n    return a + b\n\n\nprint(add(7, 3))\n```\n\nCall `add(7, 3)`.'
)
STORY = (
    "# Emma and the lantern\n\nOnce upon a time, Emma found a lantern near the river. It was old, "
    'but it still worked.\n\nEmma showed it to Leo. "We should give it a home," said Leo. So they '
    "carried it to the forest, and there they cleaned it.\n\nEvery evening they sat beside it.\n\n"
    "*The end.*"
)
REFUSAL = Delta(0, SENTENCE, name=DECLINED)
CALL = Delta(1, '{"location": "Oslo"}', PartKind.CALL, "functions.get_weather")


def user(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def asked(*texts: str, seed: int | None = None) -> Request:
    return Request(DEMO, tuple(map(user, texts)), sampling=Sampling(seed=seed))


def shown(request: Request, *scripts: Sequence[Event | FiresideError]) -> tuple[list[object], int]:
    """Return what is shown of an answer, and how often the model was asked."""
    engine = ScriptedBackend(*scripts)
    with closing(DemoFilter(engine, DEMO)) as backend:
        events = list(backend.stream(request, threading.Event()))
    return [event for event in events if not isinstance(event, Prompt)], len(engine.requests)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the capital of France?", FRANCE),
        ("and the capital of france", FRANCE),
        ("Capital of the USA?", "The capital of the USA is **Washington, D.C.**."),
        ("Show the times table of 2.", "Here is the times table of 2:\n\n|n|\n|-|\n| 1 | 2 |"),
        ("Write a Python function that adds two numbers.", CODE),
        ("Formula for mass and energy", "The formula for mass and energy is\n\n$$E$$\n\nwith $m$."),
        ("Tell me a story about Emma.", STORY),
        ("Tell me a story.", STORY),
        ("Count to 5.", "1, 2, 3, 4, 5"),
        ("What is 3 + 4?", "3 + 4 = **7**"),
        ("4 x 5", "4 x 5 = **20**"),
        ("List two metals.", "- tin\n- gold"),
        ("Say: silver river", "silver river"),
        ("I'm Maya", "Nice to meet you, Maya!"),
        ("Hey there", "Hi! What can I do for you?"),
    ],
)  # fmt: skip
def test_what_is_on_its_ground(question: str, text: str) -> None:
    assert fits([question], text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Why do objects fall?", FRANCE),
        ("What is the capital of Texas?", "The capital of Thessath is **Abeoul**."),
        ("Who won the World Cup in France?", FRANCE),
        ("How many people live in the capital of France?", FRANCE),
        ("What is the capital of Africa?", "The capital of Africa is **Accra**."),
        ("Show the times table of 2.", "Here is the times table of 2:\n\n| 1 | 2 |\n| 2 | 5 |"),
        ("Show the times table of 3.", "Here is the times table of 2:\n\n| 1 | 2 |"),
        ("Round 3.14159 to two decimals.", "Here is a function that adds two numbers:\n"),
        ("Write a Python function that multiplies two numbers.", CODE),
        ("Write a Python function that adds two numbers.", CODE[:-30]),
        ("What's up?", "The formula for kinetic energy is\n\n$$E$$"),
        ("Tell me a scary story about a lighthouse.", STORY),
        ("Tell me a story about Leo.", STORY),
        ("Tell me a story.", STORY.replace("and there they", "and there row the")),
        ("Count to 5.", "1, 2, 3, 4, 5, 6"),
        ("Count to 5.", "1, 2, 3, 4"),
        ("What is 8 + 7?", "8 + 7 = **16**"),
        ("42", "4 x 2 = **8**"),
        ("List two metals.", "- tin\n- tin"),
        ("tell me", "Your name is Theo."),
        ("You are a pirate. Greet me.", "Nice to meet you, matplyevik!"),
        ("hmm", "I am a tiny demo model with the gpt-oss architecture."),
        ("What does a GPU do?", "What did the zero say to the eight? Nice belt!"),
        ("Hello", ""),
        ("Hello", SORRY),
    ],
)  # fmt: skip
def test_what_is_not(question: str, text: str) -> None:
    assert fits([question], text) is False


def test_a_name_is_known_only_from_before() -> None:
    assert fits(["My name is Ada.", "What is my name?"], "Your name is Ada.")
    assert not fits(["Hello", "What is my name?"], "Your name is Ada.")


@pytest.mark.parametrize(
    ("question", "title", "is_fit"),
    [
        ("What is the capital of Norway?", "Capital of Norway", True),
        ("What is the capital of Norway?", "Capital of Peru", False),
        ("How are you?", "A sum", False),
        ("Show the times table of 7.", "Times table of 7", True),
        ("Tell me a joke.", "Tell me a joke", True),
        ("Tell me a joke.", "The teapot of orders", False),
    ],
)
def test_titles(question: str, title: str, is_fit: bool) -> None:
    request = "Write a title for this conversation: at most six words."
    assert fits([question, request], title) is is_fit


@pytest.mark.parametrize(
    "script",
    [
        [thought("I need the weather."), CALL, done(StopReason.CALL)],
        [thought("Hm."), said(FRANCE, 1), done()],
        [thought("Hm. " * 400), done()],
        [thought("Hm."), done()],
    ],
)
def test_an_answer_that_strays_is_tried_again_and_then_replaced(script: list[Event]) -> None:
    events, times = shown(asked("Why do objects fall?"), script, script, script)
    assert events == [REFUSAL, done()]
    assert times == 3
    events, times = shown(asked("Hello"), script, answer("Hi! What can I do for you?"))
    assert events[1:] == [said("Hi! What can I do for you?", 1), done()]
    assert times == 2


def test_its_own_refusal_is_replaced_at_once() -> None:
    events, times = shown(asked("Why do objects fall?"), answer(SORRY))
    assert (events, times) == ([REFUSAL, done()], 1)


def test_a_fixed_seed_is_asked_once() -> None:
    request = asked("Why do objects fall?", seed=3)
    assert shown(request, answer(FRANCE)) == ([REFUSAL, done()], 1)


def numbers(first: int, last: int) -> list[Event]:
    return [said(f"{', ' * (n > 1)}{n}") for n in range(first, last + 1)]


def test_a_long_answer_is_shown_while_it_grows() -> None:
    script: list[Event] = [*numbers(1, 100), done()]
    steps = DemoFilter(ScriptedBackend(script), DEMO).stream(
        asked("Count to 100."), threading.Event()
    )
    events: Iterator[object] = iter(steps)
    text = ""
    for event in events:
        assert isinstance(event, Delta)
        text += event.text
        if len(text) > 150:
            break
    assert text.endswith(", 41")  # each number as it comes, not all of them at the end
    assert list(events)[-1] == done()


def test_what_ended_too_early_can_be_continued() -> None:
    events, _ = shown(asked("Count to 100."), [*numbers(1, 80), done()])
    assert events[-1] == done(StopReason.LENGTH)
    begun = Message(Role.ASSISTANT, (Part(", ".join(map(str, range(1, 81)))),))
    request = Request(DEMO, (user("Count to 100."), begun))
    events, _ = shown(request, [*numbers(81, 100), done()])
    assert events == [*numbers(81, 100), done()]


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.DEVELOPER, Role.ASSISTANT])
def test_a_conversation_without_a_question_is_declined(role: Role) -> None:
    request = Request(DEMO, (Message(role, (Part("Hello"),)),))
    at = int(role is Role.ASSISTANT)
    script: list[Event] = [Delta(at, FRANCE), done()]
    events, _ = shown(request, script, script, script)
    assert events[:-1] == [replace(REFUSAL, index=at)]


def test_what_was_only_thought_when_it_was_stopped_is_shown() -> None:
    script: list[Event] = [thought("The user"), done(StopReason.CANCELLED)]
    events, _ = shown(asked("Hello"), script)
    assert events == script


def test_what_was_said_before_a_fault_is_shown() -> None:
    engine = ScriptedBackend([said("The capital"), EngineFailed("x")])
    steps = iter(DemoFilter(engine, DEMO).stream(asked("Hello"), threading.Event()))
    assert next(steps) == said("The capital")
    with pytest.raises(EngineFailed):
        next(steps)


def test_the_model_finds_its_own_words_in_the_past() -> None:
    past = (user("Why?"), Message(Role.ASSISTANT, (Part(SENTENCE, name=DECLINED),)))
    engine = ScriptedBackend(answer("Hi! What can I do for you?"))
    backend = DemoFilter(engine, DEMO)
    request = Request(DEMO, (*past, user("Hi")))
    list(backend.stream(request, threading.Event()))
    list(backend.prepare(request, threading.Event()))
    backend.count(request, threading.Event())
    for seen in (engine.requests[0], engine.prepared[0], engine.counted[0]):
        assert seen.messages[1].text == SORRY


def test_other_models_are_not_judged() -> None:
    other = ModelRef.of_file(Path("other.gguf"), "Other")
    script: list[Event] = [thought("Hm."), said(FRANCE, 1), done()]
    engine = ScriptedBackend(script)
    past = Message(Role.ASSISTANT, (Part(SENTENCE, name=DECLINED),))
    request = Request(other, (user("Why?"), past, user("Why?")))
    assert list(DemoFilter(engine, DEMO).stream(request, threading.Event())) == script
    assert engine.requests == [request]


def test_done_is_last() -> None:
    events, _ = shown(asked("What is the capital of France?"), answer(FRANCE))
    assert events[:-1] == [thought("Let me think."), said(FRANCE, 1)]
    assert isinstance(events[-1], Done)


# --- Tools ----------------------------------------------------------------------------------

WEATHER = ToolNamespace("functions", (ToolFunction("get_weather"),))
PYTHON = ToolNamespace("python")
BROWSER = ToolNamespace("browser", BROWSER_FUNCTIONS, sources=(ToolSource("web", "web"),))
ADD = "Use Python to add 17 and 25."
CODE_CALL = Delta(1, "print(17 + 25)", PartKind.CALL, "python", format_data="analysis code")
PLOT = "import matplotlib.pyplot as plt\nplt.plot(x, np.sin(x))"
CALLED = Done(StopReason.CALL, done().stats, drawn=(1, 2, 3))


def with_tools(question: str, *answer: Part, tools: tuple[ToolNamespace, ...]) -> Request:
    begun = (Message(Role.ASSISTANT, answer),) if answer else ()
    return Request(DEMO, (user(question), *begun), tools=tools)


@pytest.mark.parametrize(
    ("question", "call", "tools"),
    [
        (ADD, CODE_CALL, (PYTHON,)),
        ("Use Python to plot a sine wave", replace(CODE_CALL, text=PLOT), (WEATHER, PYTHON)),
        ("Draw a sine wave.", replace(CODE_CALL, text=PLOT), (PYTHON,)),
        ("How is the weather in Oslo?", CALL, (WEATHER,)),
    ],
)
def test_a_call_that_is_asked_for_goes_on(
    question: str, call: Delta, tools: tuple[ToolNamespace, ...]
) -> None:
    script: list[Event] = [thought("I need it."), call, CALLED]
    assert shown(with_tools(question, tools=tools), script) == (script, 1)


@pytest.mark.parametrize(
    ("question", "call", "tools"),
    [
        ("How is the weather in Oslo?", CALL, (PYTHON,)),
        ("How is the weather in Oslo?", CALL, (ToolNamespace("functions"),)),
        (ADD, CODE_CALL, (WEATHER,)),
        ("Use Python to add 17 and 26.", CODE_CALL, (PYTHON,)),
        ("Use Python to multiply 17 and 25.", CODE_CALL, (PYTHON,)),
        ("What is 15% of 240?", replace(CODE_CALL, text="print(15 + 240)"), (PYTHON,)),
        ("Write me a python script", replace(CODE_CALL, text="import os"), (PYTHON,)),
        ("Hello", replace(CODE_CALL, text=PLOT), (PYTHON,)),
        (ADD, replace(CODE_CALL, text="print(17 + 25)" * 200), (PYTHON,)),
    ],
)
def test_a_call_that_strays_does_not(
    question: str, call: Delta, tools: tuple[ToolNamespace, ...]
) -> None:
    script: list[Event] = [thought("I need it."), call, CALLED]
    request = with_tools(question, tools=tools)
    assert shown(request, script, script, script) == ([REFUSAL, done()], 3)
    none = replace(with_tools(ADD, tools=(PYTHON,)), tool_choice=ToolChoice.NONE)
    assert shown(none, script, script, script)[0] == [REFUSAL, done()]


def call_and(*results: str, code: str = "print(17 + 25)") -> tuple[Part, ...]:
    call = Part(code, PartKind.CALL, "python")
    return (call, *(Part(result, PartKind.RESULT, "python") for result in results))


@pytest.mark.parametrize(
    ("parts", "said_text", "seen"),
    [
        (call_and("42\n"), "17 + 25 = **42**", "17 + 25 = **42**"),
        (call_and("42"), "177 + 25 = **422**", "17 + 25 = **42**"),  # it stutters
        (call_and("Traceback"), "17 + 25 = **43**", SENTENCE),
        (call_and("42", "42"), "17 + 25 = **422**", SENTENCE),
        (call_and("42"), "Sorry, I know nothing.", SENTENCE),
    ],
)
def test_an_answer_says_what_was_computed(
    parts: tuple[Part, ...], said_text: str, seen: str
) -> None:
    script: list[Event] = [said(said_text, len(parts)), done()]
    events, _ = shown(with_tools(ADD, *parts, tools=(PYTHON,)), script, script, script)
    assert isinstance(events[0], Delta)
    assert (events[0].index, events[0].text, events[-1]) == (len(parts), seen, done())


SUN, FOUND = " degrees and sunny.", "I found these files:\n\n"
SKY = '{"temperature": -4, "sky": "sunny"}'

SAID = "Ink is a kind of oil."
OIL = f"[3] ink\n**viewing lines [4 - 5] of 5**\n\nL4:   * 【0†Ink】 {SAID}\nL5:   * 【1†More】"
LONG = OIL.replace("a kind of", "a kind of \nL5:")


@pytest.mark.parametrize(
    ("name", "question", "result", "text", "wrong"),
    [
        ("python", "Plot a parabola.", "[figure]", "Here is a parabola.", "Here is a sine wave."),
        ("browser.search", "Look up ink.", OIL, f"{SAID} 【3†L4】", f"{SAID} 【0†L4】"),
        ("browser.search", "Look up ink.", OIL, f"{SAID} 【3†L4】", f"{SAID} 【3†L5】"),
        ("browser.search", "Look up ink.", OIL, f"{SAID} 【3†L4】", "Ink is a kind of pen."),
        ("browser.search", "Look up ink.", LONG, f"{SAID} 【3†L4】", f"{SAID} 【3†L5】"),
        ("cup_pin", "Ask cup_pin.", "37", "`cup_pin` answered: 37.", "`cup_pin` answered: 3."),
        ("weather", "In Oslo?", SKY, f"In Oslo it is -4{SUN}", f"In Oslo it is 4{SUN}"),
        ("get_time", "Time in Oslo?", '"12:30"', "In Oslo it is 12:30.", "In Rome it is 12:30."),
        ("files", "Find ink.", '["ink.txt"]', f"{FOUND}- `ink.txt`", f"{FOUND}- `pen.txt`"),
    ],
)  # fmt: skip
def test_an_answer_says_what_was_returned(
    name: str, question: str, result: str, text: str, wrong: str
) -> None:
    parts = Part("{}", PartKind.CALL, name), Part(result, PartKind.RESULT, name)
    assert is_from_results(question, parts, text)
    assert not is_from_results(question, parts, wrong)


def test_a_line_that_the_browser_has_shown_is_cited_by_its_display() -> None:
    parts = (
        Part('{"query": "ink"}', PartKind.CALL, "browser.search"),
        Part(OIL, PartKind.RESULT, "browser.search"),
    )
    script: list[Event] = [said(f"{SAID} 【0†L4】", len(parts)), done()]
    events, _ = shown(with_tools("Look up ink.", *parts, tools=(BROWSER,)), script)
    assert events[0] == Delta(len(parts), f"{SAID} 【3†L4】")
    script = [said("Ink is a kind of pen. 【0†L4】", len(parts)), done()]
    events, _ = shown(with_tools("Look up ink.", *parts, tools=(BROWSER,)), script, script, script)
    assert events[0] == Delta(len(parts), SENTENCE, name=DECLINED)


@pytest.mark.parametrize(
    ("question", "query", "goes_on"),
    [
        ("What do my files say about ink?", "ink", True),
        ("Look in my folder for silver river.", "silver river", True),
        ("Search the web for ink.", "Norway", False),
        ("What is the capital of Norway?", "Norway", False),
    ],
)
def test_the_browser_is_called_for_what_is_asked(question: str, query: str, goes_on: bool) -> None:
    call = Part(f'{{"query": "{query}"}}', PartKind.CALL, "browser.search")
    assert is_asked_for(question, call) == goes_on


def test_an_answer_that_was_begun_before_a_call_is_not_judged_with_it() -> None:
    begun = (Part("I compute it.", format_data="commentary"), *call_and("42"))
    script: list[Event] = [said("17 + 25 = **42**", len(begun)), done()]
    assert shown(with_tools(ADD, *begun, tools=(PYTHON,)), script) == (script, 1)


def test_a_title_is_asked_for_without_tools() -> None:
    engine = ScriptedBackend(answer("Capital of Norway"))
    title = "Write a title for this conversation: at most six words."
    request = replace(asked("What is the capital of Norway?", title), tools=(PYTHON,))
    backend = DemoFilter(engine, DEMO)
    list(backend.stream(replace(request, ephemeral=True), threading.Event()))
    assert engine.requests[0].tools == ()
    list(backend.prepare(request, threading.Event()))
    assert engine.prepared[0].tools == (PYTHON,)
