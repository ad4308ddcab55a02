"""Questions that are asked while the model is loaded, and models that cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QProgressBar, QWidget

from app.base.answer_events import Loading, Prompt, SlowAnswer, SlowCause
from app.base.errors import FiresideError, ModelDamaged, ModelMissing, OutOfMemory
from app.base.types import ModelRef, Part
from app.engine import memory_model, plan, probe
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.host import demo_model
from app.store import State
from app.turn import ModelPlanned
from app.ui.conversation.thought_panel import ThoughtHeader, WorkBar
from tests.ui.driver import Fireside, Start, Step, answer, done, make, said
from tests.ui.qt import child

DEMO = Path(demo_model().place)
KILLED = OutOfMemory(DEMO, "", killed=True)
STOPPED = "The model was stopped by the system while loading, probably because memory ran out."
NOT_YET = "This message hasn’t been answered yet."


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show what an answer waits for at once, not only if it takes a while."""
    monkeypatch.setattr(WorkBar, "CALM_MS", 0)


@pytest.fixture
def slow(fireside: Fireside, tmp_path: Path) -> Fireside:
    """Return a window that loads a model until `backend.loads` is set."""
    switch(fireside, tmp_path)
    return fireside


def switch(fireside: Fireside, folder: Path) -> None:
    """Choose a model whose loading stays at 40 % until `backend.loads` is set."""
    models = fireside.window.state.models
    fireside.backend.loads.clear()
    fireside.window.model_area.model_picker.use(folder / "mine.gguf")
    fireside.until(lambda: models.loading and models.fraction)


def waits(fireside: Fireside, model: str = "mine") -> None:
    shows_work(fireside, f"Loading {model}… 40%")


def shows_work(fireside: Fireside, label: str) -> None:
    def headers() -> list[str]:
        found = fireside.window.findChildren(ThoughtHeader, "thought")
        return [header.text() for header in found if header.isVisible()]

    fireside.until(lambda: label in headers())


def buttons(fireside: Fireside, name: str) -> list[str]:
    notice = fireside.find(QWidget, name)
    found = [b for b in notice.findChildren(QAbstractButton) if b.isVisible() and b.text()]
    return [b.text() for b in found]


def is_whole(button: QAbstractButton) -> bool:
    hint = button.sizeHint()
    return button.width() >= hint.width() and button.height() >= hint.height()


def press(fireside: Fireside, name: str) -> None:
    fireside.find(QAbstractButton, name).click()


def typed(fireside: Fireside) -> str:
    return fireside.window.composer.editor.toPlainText()


def asked(fireside: Fireside) -> list[str]:
    return [request.messages[-1].text for request in fireside.backend.requests]


def refuse(fireside: Fireside, error: FiresideError = KILLED) -> None:
    """Have the demo model be loaded again, which fails once it may go on."""
    fireside.backend.loads.clear()
    fireside.backend.unusable[DEMO] = error
    fireside.window.state.models.load()


def test_a_question_waits_in_sight_until_the_model_is_there(slow: Fireside) -> None:
    slow.ask("why", *answer("Because."))
    waits(slow)
    bar = slow.find(QProgressBar, "prefillProgress")
    assert bar.value() == 0.4 * bar.maximum()
    assert "Loading" not in slow.find(QLabel, "statusLine").text()
    assert "why" in slow.text()
    assert not asked(slow)
    slow.backend.loads.set()
    slow.shows("Because.")
    slow.idle()
    assert slow.backend.requests[-1].model.name == "mine"
    assert not bar.isVisible()


@pytest.mark.parametrize("by", ["Escape", "withdrawQuestion", "stop"])
def test_a_question_is_taken_back_while_it_waits(slow: Fireside, by: str) -> None:
    slow.ask("why")
    waits(slow)
    slow.type("next")
    QTest.keyClick(slow.window.composer.editor, Qt.Key.Key_Return)
    slow.type("half")
    if by == "Escape":
        QTest.keyClick(slow.window.composer.editor, Qt.Key.Key_Escape)
    else:
        press(slow, by)
    slow.until(lambda: typed(slow) == "why\n\nhalf")
    assert slow.find(QWidget, "greeting")
    assert slow.window.chat is None
    assert [label.text() for label in slow.window.composer.queue.findChildren(QLabel, "queued")]
    slow.backend.loads.set()
    slow.until(lambda: slow.window.state.models.loading is None)
    slow.idle()
    assert not asked(slow)
    assert not slow.stored(lambda store: store.chats.listed())
    (draft,) = slow.stored(lambda store: store.drafts.all()).values()
    assert [part.text for part in draft.parts] in (["why", "half"], ["why\n\nhalf"])
    assert [each.parts for each in draft.queue] == [(Part("next"),)]


def test_a_chat_is_as_it_was_before_what_is_taken_back(fireside: Fireside, tmp_path: Path) -> None:
    make(fireside, "One")
    before, window = fireside.text(), fireside.window
    switch(fireside, tmp_path)

    def take_back(ask: Callable[[], object]) -> None:
        ask()
        waits(fireside)
        press(fireside, "withdrawQuestion")
        fireside.until(lambda: fireside.text() == before and not window.state.current.busy())

    take_back(lambda: fireside.ask("Two"))
    assert typed(fireside) == "Two"
    window.composer.set_parts(())
    take_back(window.chat_area.composer_controller.again_last)
    assert typed(fireside) == ""

    def edit() -> None:
        window.chat_area.composer_controller.edit_last()
        fireside.ask(" more")

    take_back(edit)
    fireside.until(lambda: typed(fireside) == "One more")
    assert window.chat_area.branches.edited is not None
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    assert len(rows) == 2
    assert not fireside.stored(lambda store: store.messages.branches(fireside.chat))


def test_it_is_answered_in_a_chat_that_was_left(slow: Fireside) -> None:
    slow.ask("why", *answer("Because."))
    waits(slow)
    chat = slow.chat
    slow.window.new_chat()
    slow.until(lambda: slow.find(QLabel, "statusLine").text() == "Loading mine… 40%")
    slow.window.open_chat(chat)
    waits(slow)
    slow.window.new_chat()
    slow.backend.loads.set()
    slow.until(lambda: not slow.window.state.turns.busy(chat))
    slow.window.open_chat(chat)
    slow.shows("Because.")


def test_another_chat_s_model_does_not_stop_the_load_that_is_waited_for(
    fireside: Fireside, tmp_path: Path
) -> None:
    make(fireside, "One")
    other = fireside.chat
    fireside.window.new_chat()
    switch(fireside, tmp_path)
    turn = fireside.window.state.models._turn
    fireside.ask("why", *answer("Because."))
    waits(fireside)
    chat = fireside.chat
    fireside.window.open_chat(other)
    assert turn
    assert not turn.stopped.is_set()
    fireside.backend.loads.set()
    fireside.until(lambda: not fireside.window.state.turns.busy(chat))
    assert fireside.backend.requests[-1].model.name == "mine"


def test_a_question_that_waits_at_the_end_is_there_at_the_next_start(
    start: Start, tmp_path: Path
) -> None:
    fireside = start()
    switch(fireside, tmp_path)
    fireside.ask("why")
    waits(fireside)
    again = start()
    again.shows(NOT_YET)
    assert "why" in again.text()
    assert buttons(again, "notice") == ["Try again"]
    again.script(*answer("Because."))
    press(again, "tryAgain")
    again.shows("Because.")
    again.idle()
    _, row = again.stored(lambda store: store.messages.conversation(again.chat))
    assert (row.state, row.model) == (State.DONE, "Demo model")
    assert not again.stored(lambda store: store.messages.branches(again.chat))


def test_the_chat_stays_if_the_model_is_killed_while_it_loads(fireside: Fireside) -> None:
    make(fireside, "One")
    refuse(fireside)
    fireside.ask("why")
    waits(fireside, "Demo model")
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    assert fireside.window.pages.chat_shown
    assert not fireside.window.banner.isVisible()
    assert "About One." in fireside.text()
    assert "why" in fireside.text()
    assert buttons(fireside, "notice") == ["Load again", "Use less memory", "Choose another model"]
    assert fireside.window.state.models.asked == demo_model(), "it can be asked again"


def test_the_buttons_fit_into_a_narrow_window(fireside: Fireside) -> None:
    fireside.window.resize(400, 620)
    refuse(fireside)
    fireside.ask("why")
    waits(fireside, "Demo model")
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    for name in ("loadAgain", "useLessMemory", "chooseAnotherModel"):
        button = fireside.find(QAbstractButton, name)
        fireside.until(partial(is_whole, button))
    fireside.window.resize(1000, 620)
    notice = fireside.find(QWidget, "notice")
    fireside.until(lambda: notice.width() > 600)
    assert notice.height() == notice.heightForWidth(notice.width()), "no empty room"


def test_load_again_answers_the_question(fireside: Fireside) -> None:
    refuse(fireside)
    fireside.ask("why")
    QTest.keyClicks(fireside.window.composer.editor, "next")
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Return)
    waits(fireside, "Demo model")
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    assert not asked(fireside), "it was not tried again without being asked to"
    fireside.backend.loads.clear()
    press(fireside, "loadAgain")
    waits(fireside, "Demo model")
    assert STOPPED not in fireside.text()
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    assert asked(fireside) == [], "the load that it waited for was the only one"
    del fireside.backend.unusable[DEMO]
    fireside.script(*answer("Because."))
    fireside.script(*answer("And so on."))
    press(fireside, "loadAgain")
    fireside.shows("And so on.")
    fireside.idle()
    assert asked(fireside) == ["why", "next"]
    assert STOPPED not in fireside.text()
    assert not fireside.stored(lambda store: store.messages.branches(fireside.chat))


def test_less_memory_is_used_and_said(fireside: Fireside) -> None:
    machine = probe.machine(fireside.backend.found)
    failed = plan.make(probe.model(DEMO), machine)
    fireside.backend.planned = Planned(failed)
    refuse(fireside)
    fireside.ask("why", *answer("Because."))
    waits(fireside, "Demo model")
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    del fireside.backend.unusable[DEMO]
    press(fireside, "useLessMemory")
    fireside.shows("Because.")
    overrides = fireside.host.overrides
    less = plan.make(probe.model(DEMO), machine, overrides)
    assert overrides.mapped
    assert less.held < failed.held
    told = fireside.find(QLabel, "bannerText").text()
    assert told.startswith("Demo model now uses less memory: ")


def test_a_slow_answer_is_explained_and_less_memory_helps(fireside: Fireside) -> None:
    found = plan.make(probe.model(DEMO), probe.machine(fireside.backend.found))
    fireside.window.state.models.receive(ModelPlanned(demo_model(), found, reduced=False))
    fireside.ask("why", *answer("Because."), SlowAnswer(9.0, 40.0, cause=SlowCause.MEMORY))
    fireside.shows("Because.")
    text = fireside.find(QLabel, "bannerText").text
    assert text().startswith("Your computer is low on memory")
    button = fireside.find(QAbstractButton, "bannerAction")
    assert button.text() == "Use less memory"
    button.click()
    fireside.until(lambda: text().startswith("Demo model now uses less memory: "))
    assert fireside.host.overrides.mapped


def test_a_question_that_loads_it_takes_back_the_banner(fireside: Fireside) -> None:
    refuse(fireside)
    fireside.backend.loads.set()
    fireside.until(fireside.window.banner.isVisible)
    found = plan.make(probe.model(DEMO), probe.machine(fireside.backend.found))
    fireside.window.state.models.planned.emit(ModelPlanned(demo_model(), found, reduced=False))
    assert not fireside.window.banner.isVisible()


def test_less_than_the_least_is_not_promised(fireside: Fireside) -> None:
    fireside.host.override(Overrides(context=4096, cache=memory_model.CacheType.Q8_0, mapped=True))
    machine = probe.machine(fireside.backend.found)
    least = plan.make(probe.model(DEMO), machine, fireside.host.overrides)
    fireside.backend.planned = Planned(least)
    refuse(fireside)
    fireside.backend.loads.set()
    press(fireside, "bannerUseLessMemory")
    text = fireside.find(QLabel, "bannerText").text
    fireside.until(lambda: text() == "Demo model already uses as little memory as possible.")
    assert fireside.find(QAbstractButton, "bannerAction").text() == "Choose another model"


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_another_model_answers_the_question(fireside: Fireside, tmp_path: Path) -> None:
    fireside.host.change(models=(str(tmp_path / "mine.gguf"),))
    refuse(fireside)
    fireside.ask("why", *answer("Because."))
    waits(fireside, "Demo model")
    fireside.backend.loads.set()
    fireside.shows(STOPPED)
    fireside.idle()
    press(fireside, "chooseAnotherModel")
    menu = child(fireside.window, QMenu, "modelMenu")
    (mine,) = [action for action in menu.actions() if action.text() == "mine"]
    menu.close()
    mine.trigger()
    fireside.shows("Because.")
    fireside.idle()
    _, row = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    assert row.model == "mine"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (KILLED, ["Load again", "Use less memory", "Choose another model"]),
        (ModelMissing(DEMO), ["Load again", "Choose another model"]),
        (ModelDamaged(DEMO, ""), ["Choose another model"]),
    ],
)
def test_without_a_question_the_banner_says_it(
    fireside: Fireside, error: FiresideError, wanted: list[str]
) -> None:
    refuse(fireside, error)
    fireside.backend.loads.set()
    assert buttons(fireside, "banner") == wanted
    assert fireside.window.pages.chat_shown
    assert fireside.window.state.models.asked == demo_model()
    del fireside.backend.unusable[DEMO]
    fireside.backend.loads.clear()
    fireside.window.state.models.load()
    fireside.until(lambda: not fireside.window.banner.isVisible())
    fireside.backend.unusable[DEMO] = error
    fireside.backend.loads.set()
    assert buttons(fireside, "banner") == wanted
    del fireside.backend.unusable[DEMO]
    if "Load again" in wanted:
        press(fireside, "bannerLoadAgain")
        fireside.until(lambda: fireside.window.state.models.loading is None)
        assert not fireside.window.banner.isVisible()


def test_a_chat_that_needs_more_context_says_so_while_it_is_made(fireside: Fireside) -> None:
    machine = probe.machine(fireside.backend.found)
    short, long = (
        plan.make(probe.model(DEMO), machine, Overrides(context=tokens)) for tokens in (4096, 8192)
    )
    hold, cut_off = fireside.hold(), fireside.hold()
    fireside.ask("one", Planned(short), Loading(1.0), *answer("First."))
    fireside.shows("First.")
    fireside.idle()
    after: list[Step] = [
        Planned(long),
        Loading(0.4),
        cut_off,
        Prompt(5000, 8192),
        said("ond."),
        done(),
    ]
    fireside.ask("two", Planned(long), Loading(0.4), hold, Prompt(5000, 8192), said("Sec"), *after)
    shows_work(fireside, "Making room for a longer chat… 40%")
    hold.set()
    status = fireside.window.composer.status
    fireside.until(lambda: status.text() == "Loading Demo model… 40%")  # the engine has died
    assert "Sec" in fireside.text()
    assert fireside.window.composer.gauge.accessibleName().endswith("of 8,192 tokens used")
    cut_off.set()
    fireside.shows("Second.")


def test_a_slow_answer_is_explained_and_a_new_plan_offered(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    spilled = SlowAnswer(9, 40, "A fine card", 3_100_000_000, SlowCause.GPU_MEMORY)
    fireside.ask("why", *answer("Because."), spilled)
    fireside.shows("Because.")
    said = fireside.find(QLabel, "bannerText").text()
    assert said.startswith("Other apps are using 3.1 GB of A fine card")
    loaded: list[tuple[ModelRef, int]] = []
    load = fireside.backend.load

    def counted(model: ModelRef, cancel: Any) -> Any:
        loaded.append((model, fireside.host.engine.options().renewed))
        return load(model, cancel)

    monkeypatch.setattr(fireside.backend, "load", counted)
    press(fireside, "bannerAction")
    fireside.until(lambda: loaded == [(demo_model(), 1)])
    assert not fireside.window.banner.isVisible()
    assert fireside.host.overrides == Overrides()


def test_an_answer_that_was_gone_on_with_meanwhile_is_not_resumed_again(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to less memory was found after another way out had been taken."""
    window = fireside.window
    waits = SimpleNamespace(chat=1, answer=SimpleNamespace(id=2))
    monkeypatch.setattr(window.state.turns, "resume", lambda *_: pytest.fail("it is resumed"))
    window.model_area.load_recovery._load(window.state.models.demo, waits)  # type: ignore[arg-type]
