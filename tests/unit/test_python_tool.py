"""The tool python: paths of a chat and their sessions, with scripted boxes and native Python."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base import errors as e
from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, Role, ToolNamespace
from app.tools.python import preparing, runtime, sessions
from app.tools.python.cell_history import History
from app.tools.python.made_files import media_type
from app.tools.python.python_box import BoxEnded, BoxResult, BoxStopped
from app.tools.python.python_tool import NO_OUTPUT, RESTARTED, PythonTool, code_of, is_python
from app.tools.tool import Call, CallContext, CallInvalid, Effect, Result
from tests.fakes.python_boxes import NativeBox, ScriptedBox


class Chat:
    """A path of a chat, on which cells are run one after the other."""

    def __init__(self, tool: PythonTool, chat: int = 1, *files: Part) -> None:
        self.tool, self.chat, self.files = tool, chat, files
        self.parts: tuple[Part, ...] = ()
        self.said: list[str] = []

    def branch(self, cells: int) -> Chat:
        """Return another path, with the first cells of this one."""
        other = Chat(self.tool, self.chat, *self.files)
        ends = [i for i, p in enumerate(self.parts) if p.kind is PartKind.CALL] + [len(self.parts)]
        other.parts = self.parts[: ends[cells]]
        return other

    def context(self, code: str) -> CallContext:
        call = Part(code, PartKind.CALL, "python", f"c{len(self.parts)}")
        question = Message(Role.USER, (Part("Compute."), *self.files))
        return CallContext(self.chat, (question, Message(Role.ASSISTANT, (*self.parts, call))))

    def again(self, code: str) -> str:
        """Run a cell here as the user does who runs a call again; nothing of it stays."""
        context = replace(self.context(code), again=True)
        call = Call("again", "python", code)
        *_, result = self.tool.run(self.tool.propose(call, context), context, threading.Event())
        assert isinstance(result, Result)
        return result.text

    def run(self, code: str, cancel: threading.Event | None = None) -> Result:
        context = self.context(code)
        call = context.messages[-1].parts[-1]
        proposal = self.tool.propose(Call(call.id, "python", code), context)
        assert proposal.effect is Effect.NONE
        *said, result = self.tool.run(proposal, context, cancel or threading.Event())
        self.said = [each for each in said if isinstance(each, str)]
        assert isinstance(result, Result)
        returned = Part(result.text, PartKind.RESULT, "python", call.id, facts=result.facts)
        self.parts = (*context.messages[-1].parts, returned, *result.made)
        return result


Start = Callable[..., PythonTool]


@pytest.fixture
def boxes() -> list[ScriptedBox]:
    """Return the boxes that were started, the oldest first."""
    return []


@pytest.fixture
def scripted(boxes: list[ScriptedBox]) -> Iterator[Start]:
    """Return a maker of a tool with boxes that answer by a function."""
    made = []

    def make(answer: Callable[[str], object] | None = None, memory: int = 0) -> PythonTool:
        def start(_: int) -> ScriptedBox:
            boxes.append(ScriptedBox(answer, memory) if answer else ScriptedBox(memory=memory))
            return boxes[-1]

        made.append(PythonTool(start=start))
        return made[-1]

    yield make
    for tool in made:
        tool.close()


@pytest.fixture
def native() -> Iterator[PythonTool]:
    tool = PythonTool(start=lambda memory: NativeBox())
    yield tool
    tool.close()


# --- what the model is told and writes --------------------------------------------------------


def test_the_tool_is_the_trained_one_with_a_line_more() -> None:
    space = PythonTool().declaration()
    assert space == ToolNamespace(
        "python",
        (),
        "Figures drawn with matplotlib and files saved in /mnt/data are shown to the user."
        " Integers in NumPy are 64-bit.",
    )
    assert all(map(is_python, ("python", "python.exec", "functions.python")))
    assert not any(map(is_python, ("pythonx", "functions.x", "browser.search", "python.a.b", "")))


@pytest.mark.parametrize(
    "written",
    [
        "x = 1\nprint(x)",
        '{"code": "x = 1\\nprint(x)"}',
        '{"code": "x = 1\nprint(x)"}',
        ' {"input": "x = 1\\nprint(x)"}\n',
        "```python\nx = 1\nprint(x)\n```",
        "```\nx = 1\nprint(x)\n```\n",
        '{"code": "```py\\nx = 1\\nprint(x)\\n```"}',
    ],
)
def test_code_is_found_in_whatever_a_model_wraps_it(written: str) -> None:
    assert code_of(written) == "x = 1\nprint(x)"


@pytest.mark.parametrize(
    "code",
    ['{"a": 1}', '{"code": 5}', '{"code": "a", "b": "c"}', "print('```')", "{1, 2}", "{broken"],
)
def test_code_that_only_looks_wrapped_is_code(code: str) -> None:
    assert code_of(code) == code


def test_what_is_made_to_be_slow_is_read_at_once() -> None:
    assert media_type("a.svg", b"<!--" + b"--><!--" * 500 + b"-->") == "text/plain"
    spaces = "```\n" + " " * 300_000 + "x"
    assert code_of(spaces) == spaces


def test_a_call_without_code_is_answered_by_a_sentence(scripted: Start) -> None:
    tool = scripted()
    context = Chat(tool).context("")
    with pytest.raises(CallInvalid, match="no code"):
        tool.propose(Call("c", "python", '{"code": " "}'), context)
    shown = tool.propose(Call("c", "python", '{"code": "1"}'), context)
    assert shown.shown == (("code", "1"),)
    assert shown.call.arguments == "1"


# --- sessions ---------------------------------------------------------------------------------


def test_variables_stay_on_their_path(native: PythonTool) -> None:
    one = Chat(native)
    assert one.run("x = 1").text == NO_OUTPUT
    assert one.run("x += 1; x").text == "2"
    other = one.branch(1)
    assert other.run("x").text == "1", "replayed"
    assert one.run("x").text == "2"
    assert Chat(native, 2).run("x").facts.outcome is Outcome.FAILED
    assert one.branch(0).run("'x' in dir()").text == "False"


def test_what_the_user_runs_again_changes_nothing_for_the_model(native: PythonTool) -> None:
    one = Chat(native)
    one.run("x = 1")
    one.run("x += 1")
    assert one.branch(1).again("x += 1; x") == "2", "the cells before it are run again"
    assert one.branch(0).again("x = 7; x") == "7"
    assert one.run("x").text == "2"
    assert one.branch(2).run("x += 1; x").text == "3"


def test_what_the_user_runs_again_alone_does_not_pass_for_the_whole_path(
    scripted: Start, boxes: list[ScriptedBox]
) -> None:
    old = Chat(scripted())
    old.run("a")
    old.run("b")
    chat = Chat(scripted())  # as after a restart of the program, or an import
    chat.parts = old.parts
    assert chat.branch(1).again("b") == f"{RESTARTED}\nb"
    assert chat.run("c").text == f"{RESTARTED}\nc", "a is missing still"
    del boxes[:]
    chat.parts = old.parts
    assert chat.branch(0).again("a") == "a"
    assert chat.branch(1).again("b") == "b"
    assert [box.ran for box in boxes] == [["a"], ["a", "b"]]
    assert not any(box.alive for box in boxes)


def test_a_cell_that_failed_is_part_of_the_path(native: PythonTool) -> None:
    one = Chat(native)
    failed = one.run("y = 5\n1 / 0")
    assert failed.facts.outcome is Outcome.FAILED
    assert failed.text.endswith("ZeroDivisionError: division by zero")
    one.run("y += 1")
    assert one.branch(2).run("y").text == "6"


def test_only_cells_of_this_run_of_the_program_are_run_again(
    scripted: Start, boxes: list[ScriptedBox]
) -> None:
    old = Chat(scripted())
    old.run("a")
    old.run("b")
    chat = Chat(scripted())
    chat.parts = old.parts
    assert chat.run("c").text == f"{RESTARTED}\nc"
    assert boxes[-1].ran == ["c"]
    assert chat.run("d").text == "d"
    assert chat.branch(3).run("e").text == "e"
    assert boxes[-1].ran == ["c", "e"], "what was gone stays gone"


def test_a_call_that_was_refused_was_not_run(scripted: Start, boxes: list[ScriptedBox]) -> None:
    chat = Chat(scripted())
    refused = Part("No.", PartKind.RESULT, "python", "r", facts=ResultFacts(Outcome.REFUSED))
    chat.parts = (Part("a", PartKind.CALL, "python", "r"), refused)
    assert chat.run("b").text == "b"
    other = (Part("{}", PartKind.CALL, "functions.x", "f"), Part("", PartKind.RESULT, "x", "f"))
    chat.parts = (*other, *chat.parts)
    assert chat.run("c").text == "c"


def test_a_call_that_the_end_of_the_program_cut_off_may_have_been_run(scripted: Start) -> None:
    chat = Chat(scripted())
    chat.parts = (Part("a", PartKind.CALL, "python", "r"), Part("Well"))
    assert chat.run("b").text.startswith(RESTARTED)


def test_a_replay_that_fails_gives_the_line(scripted: Start, boxes: list[ScriptedBox]) -> None:
    def answer(code: str) -> object:
        again = code == "slow" and sum(box.ran.count("slow") for box in boxes) > 1
        return BoxResult(ended="deadline") if again else BoxResult(stdout=code)

    chat = Chat(scripted(answer))
    chat.run("slow")
    chat.run("b")
    assert chat.branch(1).run("c").text == f"{RESTARTED}\nc"
    assert [box.ran for box in boxes] == [["slow", "b"], ["slow"], ["c"]]


@pytest.mark.parametrize("ended", ["deadline", "stack overflow"])
def test_the_line_follows_a_cell_that_lost_the_variables(scripted: Start, ended: str) -> None:
    bad = BoxResult("so far", failed=True, ended=ended)
    chat = Chat(scripted(lambda code: bad if code == "bad" else BoxResult(stdout=code)))
    chat.run("a")
    lost = chat.run("bad")
    assert lost.text.startswith("so far\n[stopped: ")
    assert lost.facts.outcome is (Outcome.STOPPED if ended == "deadline" else Outcome.FAILED)
    assert chat.run("b").text == f"{RESTARTED}\nb"
    assert chat.run("c").text == "c"
    assert chat.branch(1).run("d").text == "d", "before that, everything is there"
    assert chat.branch(4).run("e").text == "e", "only what is there is run again"


def test_stopping_ends_the_box(scripted: Start, boxes: list[ScriptedBox]) -> None:
    stop = ["tick 1\n", "tick 2\n", BoxStopped()]
    chat = Chat(scripted(lambda code: stop if code == "stop" else BoxResult(code)))
    chat.run("a")
    stopped = chat.run("stop")
    assert stopped.facts.outcome is Outcome.STOPPED
    assert stopped.text == "tick 1\ntick 2\n[stopped by the user]"
    assert not boxes[0].alive
    assert chat.run("b").text.startswith(RESTARTED)
    assert chat.branch(1).run("c").text == "c"


def test_a_call_that_nobody_waits_for_is_ended(scripted: Start, boxes: list[ScriptedBox]) -> None:
    chat = Chat(scripted(lambda code: ["some", BoxResult("some")]))
    context = chat.context("a")
    proposal = chat.tool.propose(Call("c0", "python", "a"), context)
    left = chat.tool.run(proposal, context, threading.Event())
    assert next(left) == "some"
    left.close()  # type: ignore[attr-defined]
    assert not boxes[0].alive
    said = chat.tool.run(proposal, context, threading.Event())
    assert [next(said), next(said)][0] == "some"
    assert chat.run("a").text == "some", "its session is free once the result is there"


def test_a_box_that_dies_costs_a_sentence(scripted: Start) -> None:
    chat = Chat(scripted(lambda code: ["x\n", BoxEnded()] if code == "die" else BoxResult(code)))
    died = chat.run("die")
    assert died.facts.outcome is Outcome.FAILED
    assert died.text.startswith("x\n[Python has ended unexpectedly")
    assert chat.run("b").text == f"{RESTARTED}\nb"


def test_the_boxes_are_few(scripted: Start, boxes: list[ScriptedBox]) -> None:
    tool = scripted()
    chats = [Chat(tool, number) for number in range(4)]
    for chat in chats:
        chat.run(f"x{chat.chat}")
    assert [box.alive for box in boxes] == [False, False, True, True]
    assert chats[0].run("y").text == "y"
    assert boxes[-1].ran == ["x0", "y"]
    tool.forget(0)
    assert not boxes[-1].alive


def test_a_box_is_there_before_the_code_is(scripted: Start, boxes: list[ScriptedBox]) -> None:
    tool = scripted()
    chat = Chat(tool)
    for _ in range(3):
        tool.expect(chat.context(""))
    chat.run("a")
    tool.expect(chat.context(""))
    chat.run("b")
    assert [box.ran for box in boxes] == [["a", "b"]]


@pytest.mark.parametrize("large", [False, True])
def test_an_idle_box_ends(boxes: list[ScriptedBox], large: bool) -> None:
    def start() -> ScriptedBox:
        boxes.append(ScriptedBox(memory=sessions.LARGE + 1 if large else 0))
        return boxes[-1]

    kept = sessions.Sessions(
        start, idle_s=600.0 if large else 0.1, large_idle_s=0.1 if large else 600.0
    )
    history = History(1)
    list(kept.run(history, "a", threading.Event()))
    for thread in threading.enumerate():  # it may have ended already
        if thread.name == "python boxes":
            thread.join(60)
            assert not thread.is_alive()
    assert not boxes[0].alive
    *_, ran = kept.run(history.with_cell("a"), "b", threading.Event())
    assert isinstance(ran, sessions.CellRun)
    assert ran.restarted
    kept.close()


def test_where_no_box_can_be_started_a_call_fails_in_words() -> None:
    def start(memory: int) -> ScriptedBox:
        raise OSError("no memory")

    tool = PythonTool(start=start)
    result = Chat(tool).run("a")
    assert result.facts.outcome is Outcome.FAILED
    assert result.text == "Python cannot be used on this computer."
    tool.close()


def test_a_call_that_waits_for_its_box_can_be_stopped() -> None:
    go = threading.Event()

    def start(memory: int) -> ScriptedBox:
        go.wait(60)
        return ScriptedBox()

    tool = PythonTool(start=start)
    cancel = threading.Event()
    cancel.set()
    assert Chat(tool).run("a", cancel).facts.outcome is Outcome.STOPPED
    go.set()
    tool.close()


# --- files and figures ------------------------------------------------------------------------


def test_attached_files_are_there_on_every_path(scripted: Start, boxes: list[ScriptedBox]) -> None:
    data = Part("a,b\n1,ü", PartKind.FILE, "data.csv")
    chat = Chat(scripted(), 1, data)
    chat.run("a")
    assert boxes[0].files == {"data.csv": "a,b\n1,ü".encode()}
    chat.files = (data, Part("x", PartKind.FILE, "../../etc/pass\u202ewd", data=b"\0raw"))
    assert chat.run("b").text.startswith(RESTARTED), "before the cells: another path"
    assert boxes[-1].files == {"data.csv": "a,b\n1,ü".encode(), "pass_wd": b"\0raw"}


def test_files_come_back_as_parts(native: PythonTool) -> None:
    result = Chat(native).run("open('out.csv', 'w').write('1,2\\n') and None")
    assert result.text == "[file out.csv shown to the user: 4 bytes]"
    (part,) = result.made
    assert (part.kind, part.name, part.id) == (PartKind.MEDIA, "out.csv", "c0")
    assert (part.media_type, part.data) == ("text/csv", b"1,2\n")


def test_figures_are_numbered_along_the_path(scripted: Start) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0"
    drawn = BoxResult(figures=(png, b"<html>", png), more_figures=3)
    chat = Chat(scripted(lambda code: drawn))
    first = chat.run("a")
    assert first.text.splitlines() == [
        "[figure 1 shown to the user: 640×480]",
        "[figure 2 shown to the user: 640×480]",
        "[3 more figures are not shown: at most 10 in one call]",
    ]
    assert [part.name for part in first.made] == ["figure 1.png", "figure 2.png"]
    assert [part.name for part in chat.run("b").made] == ["figure 3.png", "figure 4.png"]
    assert [part.name for part in chat.branch(1).run("b").made] == ["figure 3.png", "figure 4.png"]


def test_output_is_passed_on_while_it_runs(scripted: Start) -> None:
    chat = Chat(scripted(lambda code: ["one ", "two", BoxResult("one two\n", "and an error")]))
    assert chat.run("a").text == "one two\nand an error"
    assert chat.said == ["one ", "two"]


def test_python_is_compiled_where_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find", lambda: None)
    monkeypatch.setattr(preparing, "seconds_left", lambda: None)
    begun = threading.Event()

    def prepare(cancelled: threading.Event) -> runtime.Runtime:
        begun.set()
        assert cancelled.wait(60)
        raise e.Cancelled

    monkeypatch.setattr(preparing, "prepare", prepare)
    tool = PythonTool()
    assert tool.unavailable == "missing"
    tool.prepare()
    tool.prepare()
    assert begun.wait(60)
    assert tool.unavailable == "preparing"
    tool.close()
    assert tool.unavailable == "missing"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (e.PythonNeedsMemory(2, 1), "memory"),
        (e.PythonNeedsRoom(Path("x"), 2, 1), "room"),
        (e.PythonUnprepared("x"), "missing"),
    ],
)
def test_why_python_is_not_there_is_told(
    error: e.PythonError, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(cancelled: threading.Event) -> runtime.Runtime:
        raise error

    monkeypatch.setattr(runtime, "find", lambda: None)
    monkeypatch.setattr(preparing, "seconds_left", lambda: None)
    monkeypatch.setattr(preparing, "prepare", prepare)
    tool = PythonTool()
    tool.prepare()
    tool.close()
    assert tool.unavailable == word


def test_the_box_of_a_chat_that_is_forgotten_during_a_call_ends_with_it(
    scripted: Start, boxes: list[ScriptedBox]
) -> None:
    chat = Chat(scripted(lambda code: ["some", BoxResult("some")]))
    context = chat.context("a")
    proposal = chat.tool.propose(Call("c0", "python", "a"), context)
    running = chat.tool.run(proposal, context, threading.Event())
    assert next(running) == "some"
    chat.tool.forget(chat.chat)
    assert boxes[0].alive
    *_, result = running
    assert isinstance(result, Result)
    assert not boxes[0].alive
