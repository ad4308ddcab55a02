"""Harmony with the roles and parts of a server's clients and of turns with tools."""

from __future__ import annotations

from dataclasses import replace

import openai_harmony as official
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import RequestUnsupported
from app.base.types import Message, Part, PartKind, Request, Role, ToolChoice
from app.formats.harmony.harmony_format import HarmonyFormat
from app.formats.harmony.render import NO_TOOL
from tests.fakes import vocabulary
from tests.unit.test_harmony import ORACLE, V, assistant, ids, made, request, user

HARMONY = HarmonyFormat(vocabulary.tokenizer())
THOUGHT = Part("I look.", PartKind.REASONING)
CALL = Part('{"a": 1}', PartKind.CALL, "functions.f", "1", "commentary json")
RESULT = Part("<|end|> 18 °C", PartKind.RESULT, "functions.f", "1")
CALLED = (
    "<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json<|message|>"
    '{"a": 1}<|call|>'
)


def render(asked: Request) -> list[int]:
    return list(HARMONY.render(asked).tokens)


def written(asked: Request) -> str:
    return str(ORACLE.decode(render(asked)))


def test_a_result_is_rendered_as_the_official_library_does() -> None:
    """A turn in progress keeps its reasoning."""
    of, tool = (
        official.Message.from_role_and_content,
        official.Author.new(official.Role.TOOL, "functions.f"),
    )
    call = of(official.Role.ASSISTANT, CALL.text).with_channel("commentary")
    result = official.Message.from_author_and_content(tool, RESULT.text)
    turn = [
        of(official.Role.USER, "How warm?"),
        of(official.Role.ASSISTANT, THOUGHT.text).with_channel("analysis"),
        call.with_recipient("functions.f").with_content_type("<|constrain|>json"),
        result.with_recipient("assistant").with_channel("commentary"),
    ]
    wanted = [token for message in turn for token in ORACLE.render(message)]
    asked = request(user("How warm?"), assistant(THOUGHT, CALL, RESULT))
    opening = HARMONY.render(asked).sizes[0]
    assert render(asked)[opening:] == [*wanted, *ids("<|start|>assistant")]


@pytest.mark.parametrize(
    "told", ["remote reasoning_content", 'remote reasoning_details [{"text": "<|end|>"}]']
)
def test_reasoning_of_a_server_is_reasoning(told: str) -> None:
    remote, call = replace(THOUGHT, format_data=told), replace(CALL, id="chatcmpl-tool-1")
    result = replace(RESULT, id="chatcmpl-tool-1")
    sealed = Part("", PartKind.REASONING, format_data='remote item {"encrypted_content": "x"}')
    asked = request(user("How warm?"), assistant(THOUGHT, CALL, RESULT))
    for parts in ((remote, call, result), (sealed, remote, sealed, call, result)):
        assert render(request(user("How warm?"), assistant(*parts))) == render(asked)
    assert not HarmonyFormat.is_preamble(told)
    stopped = assistant(remote)
    assert render(request(user("?"), stopped)) == render(request(user("?"), assistant(THOUGHT)))


def test_a_display_of_the_browser_is_rendered_as_the_official_library_does() -> None:
    """As the reference answers: by the function, to the assistant, on the channel of the call."""
    call = Part('{"query": "copper"}', PartKind.CALL, "browser.search", "1", "analysis code")
    shown = "[0] copper\n**viewing lines [0 - 4] of 4**\n\nL0: \nL4:   * 【0†Copper†files】 <|end|>"
    result = Part(shown, PartKind.RESULT, "browser.search", "1")
    page = Part("", PartKind.PAGE, "copper", "1", data=b"packed")
    of, tool = (
        official.Message.from_role_and_content,
        official.Author.new(official.Role.TOOL, "browser.search"),
    )
    asks = of(official.Role.ASSISTANT, call.text).with_channel("analysis")
    turn = [
        of(official.Role.USER, "Look it up."),
        asks.with_recipient("browser.search").with_content_type("<|constrain|>code"),
        official.Message.from_author_and_content(tool, shown)
        .with_recipient("assistant")
        .with_channel("analysis"),
    ]
    wanted = [token for message in turn for token in ORACLE.render(message)]
    asked = request(user("Look it up."), assistant(call, result, page))
    opening = HARMONY.render(asked).sizes[0]
    assert render(asked)[opening:] == [*wanted, *ids("<|start|>assistant")]


def test_a_client_s_messages_are_the_same_turn() -> None:
    """Clients name the function only in the call."""
    result = replace(RESULT, name="", kind=PartKind.TEXT)
    tool = Message(Role.TOOL, (result,))
    one = request(user("How warm?"), assistant(THOUGHT, CALL), tool)
    assert render(one) == render(request(user("How warm?"), assistant(THOUGHT, CALL, RESULT)))
    over = (assistant(Part("Warm.")), user("Sure?"))
    past = written(request(user("How warm?"), assistant(THOUGHT, CALL), tool, *over))
    assert THOUGHT.text not in past
    assert past.count("18 °C") == 1
    assert NO_TOOL not in past


def test_what_a_program_says_after_a_result_is_within_the_turn() -> None:
    """Agents remind the model of something, and go on; the reasoning of the turn stays."""
    tool, reminder = Message(Role.TOOL, (RESULT,)), Message(Role.SYSTEM, (Part("Be brief."),))
    told = "<|start|>developer<|message|># Instructions\n\nBe brief.<|end|>"
    asked = user("How warm?")
    turn = (assistant(THOUGHT, CALL), tool, reminder)
    first = render(request(asked, assistant(THOUGHT, CALL), tool))
    begun = ids("<|start|>assistant")
    assert render(request(asked, *turn)) == [*first[: -len(begun)], *ids(told), *begun]
    second = Message(Role.TOOL, (replace(RESULT, id="2"),))
    more = (*turn, assistant(replace(CALL, id="2")), second, user("Quick!"))
    again = written(request(asked, *more))
    assert THOUGHT.text in again
    assert NO_TOOL not in again
    assert again.index("Be brief.") < again.index("Quick!")
    past = written(request(asked, *turn, assistant(Part("Warm.")), user("Sure?")))
    assert THOUGHT.text not in past
    drawn = tuple(render(request(asked, assistant(THOUGHT, CALL)))[len(render(request(asked))) :])
    gone_on = request(asked, *turn)
    assert HARMONY.bridge(gone_on, drawn)[-len([*ids(told), *begun]) :] == [*ids(told), *begun]


def test_only_a_call_without_a_result_is_answered() -> None:
    second = replace(CALL, text="{}", id="2")
    asked = request(user("Go."), assistant(CALL, second, replace(RESULT, id="2")))
    text = written(asked)
    assert text.index(NO_TOOL) < text.index("18 °C")
    assert text.count(NO_TOOL) == 1
    # A result answers no call of another turn.
    late = request(user("Go."), assistant(CALL), user("On."), assistant(replace(RESULT, id="")))
    assert written(late).count(NO_TOOL) == 1


def test_trained_tools_are_answered_on_the_channel_of_their_call() -> None:
    call = Part("1 + 1", PartKind.CALL, "python", format_data="analysis code")
    turn = assistant(call, Part("2", PartKind.RESULT, "python"))
    assert "<|start|>python to=assistant<|channel|>analysis<|message|>2<|end|>" in written(
        request(user("Sum?"), turn)
    )
    done = assistant(*turn.parts, Part("Two."))
    assert "python" not in written(request(user("Sum?"), done, user("Sure?")))


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.DEVELOPER])
def test_a_client_s_instructions(role: Role) -> None:
    told = Message(role, (Part("Rhyme."),))
    first = request(told, user("Hi"), system="Be brief.")
    assert render(first) == render(request(user("Hi"), system="Be brief.\n\nRhyme."))
    assert HARMONY.render(first).sizes[1] == 0
    assert render(request(told, user("Hi"))) == render(request(user("Hi"), system="Rhyme."))
    later = written(request(user("Hi"), assistant(Part("Ho.")), told, user("Go on.")))
    assert later.count("<|start|>developer<|message|># Instructions\n\nRhyme.<|end|>") == 1


def test_what_was_drawn_is_never_rendered_again() -> None:
    asked = request(user("How warm?"))
    # The model writes the recipient in another place than where it is rendered.
    drawn = ids(
        "<|channel|>analysis<|message|>I look.<|end|>"
        '<|start|>assistant<|channel|>commentary to=functions.f json<|message|>{"a": 1}<|call|>'
    )
    turn = replace(request(user("How warm?"), assistant(THOUGHT, CALL, RESULT)), drawn=tuple(drawn))
    bridge = HARMONY.bridge(turn, drawn)
    reply = ORACLE.decode(bridge)
    assert reply.startswith("<|start|>functions.f to=assistant<|channel|>commentary<|message|>")
    assert reply.endswith("<|end|><|start|>assistant")
    assert render(turn) == [*render(asked), *drawn, *bridge]
    unread = request(user("How warm?"), assistant(THOUGHT, CALL))
    assert NO_TOOL in ORACLE.decode(HARMONY.bridge(unread, drawn))
    assert HARMONY.bridge(turn, drawn[:-1]) == [V.call, *bridge]
    with pytest.raises(RequestUnsupported):
        HARMONY.render(replace(asked, drawn=tuple(drawn)))


@pytest.mark.parametrize(
    "wanted",
    [
        {"tool_choice": ToolChoice.REQUIRED},
        {"messages": (Message(Role.USER, (Part("", PartKind.MEDIA),)),)},
    ],
)
def test_what_cannot_be_rendered_is_refused(wanted: dict[str, object]) -> None:
    asked = replace(request(user("Hi")), **wanted)  # type: ignore[arg-type]
    for render_it in (HARMONY.render, HARMONY.ahead):
        with pytest.raises(RequestUnsupported):
            render_it(asked)


NAMELESS = replace(RESULT, id="")
PARTS = st.sampled_from(
    [
        THOUGHT,
        CALL,
        RESULT,
        Part("So."),
        made("First."),
        replace(CALL, id=""),
        NAMELESS,
    ]
)
ANSWERS = (
    st.lists(PARTS, min_size=1, max_size=5)
    .filter(lambda parts: [p for p in parts if p != THOUGHT][:1] not in ([RESULT], [NAMELESS]))
    .map(lambda parts: assistant(*parts))
)


@given(st.lists(ANSWERS, max_size=2), ANSWERS, st.booleans())
def test_the_next_prompt_begins_with_what_is_stable(
    past: list[Message], last: Message, goes_on: bool
) -> None:
    before = [message for answer in past for message in (user("Go."), answer)]
    asked = request(*before, user("Now."), *([last] if goes_on else []))
    rendered = HARMONY.render(asked)
    assert sum(rendered.sizes) == len(rendered.tokens)
    assert len(rendered.sizes) == len(asked.messages) + 2
    longer = assistant(*last.parts, Part("Then."))
    after = render(request(*before, user("Now."), longer, user("Next.")))
    assert after[: rendered.stable] == list(rendered.tokens[: rendered.stable])
