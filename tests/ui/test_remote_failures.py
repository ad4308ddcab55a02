"""Answers of servers that fail, and what the window offers then; servers on this computer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QPushButton, QWidget

from app.base.errors import (
    EndpointUnknown,
    KeyRefused,
    Offline,
    RemoteModelMissing,
    ServerForeign,
    ServerSilent,
)
from app.base.types import Effort, Endpoint, ModelRef
from app.engine.remote.remote_server import SavedEndpoint, ServerKind
from app.store import State
from app.wording.answered_by import model_on_host
from app.wording.errors import Action, explain
from tests.fakes.remote.faults import Fault
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Said
from tests.fakes.remote.vllm import Vllm
from tests.ui.driver import Fireside, answer
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

MODEL = "openai/gpt-oss-120b"


@pytest.fixture
def server() -> Iterator[Player]:
    with serving(Vllm()) as player:
        yield player


def use(
    fireside: Fireside, server: Player, model: str = MODEL, kind: ServerKind = ServerKind.VLLM
) -> ModelRef:
    """Add the server's model, and choose it."""
    saved = SavedEndpoint(Endpoint(server.url, model), kind, context=131072)
    fireside.host.change(name_chats=False)
    fireside.host.remote.endpoints.save(saved)
    fireside.window.state.models.choose(saved.model)
    fireside.until(lambda: fireside.window.state.models.current == saved.model)
    return saved.model


def click(fireside: Fireside, name: str) -> None:
    QTest.mouseClick(fireside.find(QAbstractButton, name, last=True), Qt.MouseButton.LeftButton)


def press(fireside: Fireside, name: str) -> None:
    """Press a button by the keyboard alone."""
    button = fireside.find(QAbstractButton, name, last=True)
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def offered(fireside: Fireside) -> list[str]:
    """Return what the notice of the last answer offers, besides details."""
    notice = fireside.find(QWidget, "notice", last=True)
    buttons = notice.findChildren(QAbstractButton)
    names = [each.objectName() for each in buttons if each.isVisible()]
    return [name for name in names if name != "noticeDetails"]


def rows_of(fireside: Fireside) -> list[tuple[State, str]]:
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    return [(row.state, row.message.text) for row in rows]


def status(fireside: Fireside) -> str:
    return fireside.find(QLabel, "statusLine").text()


def test_what_is_offered_for_each_fault() -> None:
    url = "https://gpu.example.org/v1"
    assert explain(ServerSilent(url, 60.0)).actions == (Action.CONTINUE, Action.CHOOSE_MODEL)
    assert explain(KeyRefused(url, "")).actions[0] is Action.CHANGE_KEY
    assert explain(RemoteModelMissing(url, "x")).actions[0] is Action.CHOOSE_MODEL
    assert explain(EndpointUnknown(url)).actions == (Action.CHOOSE_MODEL,)
    assert "gpu.example.org was removed" in explain(EndpointUnknown(url)).sentence
    assert explain(Offline()).actions == (Action.GO_ONLINE,)


def test_a_broken_answer_is_kept_and_goes_on(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.CUT, 1)
    server.say(Said("Paris is the capital of France.", reasoning="A capital."))
    fireside.ask("The capital of France?")
    fireside.idle()
    assert offered(fireside) == ["continueAnswer", "chooseAnotherModel"]
    (_, (state, kept)) = rows_of(fireside)
    assert state is State.CUT_OFF
    assert "Paris".startswith(kept[:5])
    server.say(Said("And the rest of it."))
    press(fireside, "continueAnswer")
    fireside.shows("And the rest of it.")
    fireside.idle()
    (_, (state, whole)) = rows_of(fireside)
    assert state is State.DONE
    assert whole.startswith(kept)


def test_the_notice_of_an_earlier_answer_has_no_room_for_buttons(
    fireside: Fireside, server: Player
) -> None:
    use(fireside, server)
    server.fail(Fault.CUT, 1)
    server.say(Said("Paris is the capital of France."), Said("Madrid."))
    fireside.ask("The capital of France?")
    fireside.idle()
    assert len(offered(fireside)) == 2
    notice = fireside.find(QWidget, "notice")
    high = notice.height()
    fireside.ask("And of Spain?")
    fireside.shows("Madrid.")
    fireside.idle()
    assert notice.height() == notice.heightForWidth(notice.width()) < high - 20


def test_another_model_answers_what_a_server_did_not(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.FAILED)
    fireside.ask("The capital of France?")
    fireside.idle()
    server.fail(None)
    assert offered(fireside) == ["tryAgain", "chooseAnotherModel"]
    fireside.script(*answer("Paris, says the demo."))
    opened: list[QMenu] = []
    fireside.window.composer.model_menu_opened.connect(opened.append)
    click(fireside, "chooseAnotherModel")
    fireside.until(lambda: opened)
    demo = next(action for action in opened[0].actions() if action.text() == "Demo model")
    demo.trigger()
    opened[0].close()
    fireside.shows("Paris, says the demo.")
    fireside.idle()
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    assert [row.host for row in rows] == ["", ""]


def test_a_removed_server_is_said(fireside: Fireside, server: Player) -> None:
    model = use(fireside, server)
    server.say(Said("Paris."))
    fireside.ask("The capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    assert isinstance(model.location, Endpoint)
    fireside.host.remote.endpoints.remove(model.location)
    fireside.window.state.models.endpoints_changed()
    fireside.ask("And of Spain?")
    fireside.shows("was removed from Fireside")
    fireside.idle()
    assert offered(fireside) == ["chooseAnotherModel"]
    assert len(server.answers) == 1


def test_a_refused_key_leads_to_it(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.KEY, 1)
    fireside.ask("The capital of France?")
    fireside.idle()
    assert offered(fireside) == ["changeKey", "tryAgain", "chooseAnotherModel"]
    click(fireside, "changeKey")
    dialog = fireside.find(QWidget, "endpointKeyDialog")
    assert fireside.window.model_area.model_picker.shown
    dialog.close()


def test_offline_stops_an_answer_at_once(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.SILENT_LATER, 1)
    server.say(Said("Paris is the capital of France.", reasoning="A capital."))
    fireside.ask("The capital of France?")
    fireside.until(server.holding.is_set)
    fireside.host.change(offline=True)
    fireside.idle()
    fireside.until(server.left.is_set)
    assert "Fireside is offline. The partial answer is saved." in fireside.text()
    assert offered(fireside) == ["goOnline", "chooseAnotherModel"]
    assert rows_of(fireside)[-1][0] is State.CUT_OFF
    asked = len(server.asked)
    fireside.ask("And now?")
    fireside.shows("so this model can’t be reached")
    fireside.idle()
    assert len(server.asked) == asked, "nothing was sent"
    server.go_on()
    server.say(Said("I am back."))
    press(fireside, "goOnline")
    fireside.shows("I am back.")
    fireside.idle()
    assert not fireside.host.settings.offline


def test_a_policy_keeps_it_offline(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    fireside.host.change(offline=True)
    network = fireside.window.model_area.models_controller.page.network_pane
    network.offline.setChecked(True)
    network.offline.setEnabled(False)  # as where an administrator has decided
    fireside.ask("The capital of France?")
    fireside.shows("so this model can’t be reached")
    fireside.idle()
    click(fireside, "goOnline")
    fireside.idle()
    assert fireside.host.settings.offline
    assert not server.answers
    assert "Set by your organization." in fireside.window.banner.label.text()


def test_stopped_before_and_within_an_answer(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.SILENT_FIRST, 1)
    server.say(Said("Never."), Said("Paris is the capital of France."))
    fireside.ask("first")
    fireside.until(server.holding.is_set)
    fireside.until(lambda: status(fireside).startswith("Waiting for 127.0.0.1"))
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Escape)
    fireside.until(server.left.is_set)
    fireside.idle()
    server.holding.clear()
    server.left.clear()
    server.fail(Fault.SILENT_LATER, 1)
    fireside.ask("second")
    fireside.until(server.holding.is_set)
    fireside.shows("Paris")  # a question of which nothing has come is taken back
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Escape)
    fireside.until(server.left.is_set)
    fireside.idle()
    assert [state for state, _ in rows_of(fireside)[1::2]] == [State.STOPPED, State.STOPPED]
    assert offered(fireside) == ["continueAnswer", "tryAgain"]


def test_a_busy_server_is_waited_for(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.RATE)
    fireside.ask("The capital of France?")
    fireside.until(lambda: status(fireside).endswith("is busy. Trying again…"))
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Escape)
    fireside.idle()
    server.fail(None)


def test_queued_messages_follow(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.fail(Fault.SILENT_FIRST, 1)
    server.say(Said("One."), Said("Two."))
    fireside.ask("first")
    fireside.until(server.holding.is_set)
    fireside.ask("second")
    server.go_on()
    fireside.shows("Two.")
    fireside.idle()
    assert [text for _, text in rows_of(fireside)] == ["first", "One.", "second", "Two."]


def test_what_a_server_refuses_is_said(fireside: Fireside) -> None:
    with serving(OpenAi(thinks=False)) as server:
        model = use(fireside, server, "gpt-5.4", ServerKind.OPENAI)
        server.say(Said("Paris."))
        fireside.ask("The capital of France?")
        fireside.shows("Paris.")
        fireside.idle()
        said = f"{model.host} doesn’t take an effort, so this was answered without it."
        assert fireside.find(QLabel, "leftOut").text() == said
        assert said in fireside.text()
        assert fireside.find(QLabel, "made").text().startswith(f"gpt-5.4 on {model.host}")
        medium = fireside.find(QPushButton, "effortMedium")
        assert not medium.isEnabled()
        assert "doesn’t take" in medium.toolTip()
        fireside.window.state.models.choose(fireside.window.state.models.demo)
        fireside.until(lambda: medium.isEnabled())
        assert "doesn’t take" not in medium.toolTip()


@pytest.mark.parametrize(("refused", "chosen"), [({Effort.HIGH: "No."}, "medium"), ({}, "high")])
def test_an_effort_that_is_not_taken_cannot_be_chosen(
    fireside: Fireside, refused: dict[Effort, str], chosen: str
) -> None:
    composer = fireside.window.composer
    composer.set_efforts(refused)
    composer.choose_effort(Effort.HIGH)
    assert composer.effort == chosen


def test_the_menu_of_an_answer_names_hosts(fireside: Fireside, server: Player) -> None:
    fireside.ask("first", *answer("From here."))
    fireside.shows("From here.")
    fireside.idle()
    model = use(fireside, server)
    fireside.window.state.models.choose(fireside.window.state.models.demo)
    fireside.until(
        lambda: fireside.window.state.models.current == fireside.window.state.models.demo
    )
    menu = QMenu(fireside.window)
    transcript = fireside.window.transcript
    row = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[-1]
    record = next(each for each in transcript.messages.records if each.row.id == row.id)
    transcript._fill_menu(record, menu)
    models = child(menu, QMenu, "regenerateModels")
    assert [action.text() for action in models.actions()] == [f"gpt-oss-120b on {model.host}"], (
        "nothing there has to be loaded"
    )
    menu.deleteLater()


def test_a_screen_reader_hears_the_host(fireside: Fireside, server: Player) -> None:
    model = use(fireside, server)
    server.say(Said("Paris."))
    fireside.ask("The capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    there = f"gpt-oss-120b on {model.host}"
    picker = fireside.window.composer.picker
    assert picker.accessibleName() == f"Model: {there}"
    answers = [
        widget.accessibleName()
        for widget in fireside.window.transcript.findChildren(QWidget)
        if widget.accessibleName().startswith(there)
    ]
    assert answers
    where = "Runs in another app on your computer. Answers may contain mistakes."
    assert status(fireside) == where


def test_the_banner_goes_online_and_asks_again(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    window = fireside.window
    window.state.models.choose(window.state.models.demo)
    fireside.until(lambda: window.state.models.current == window.state.models.demo)
    fireside.host.change(offline=True)
    (model,) = window.state.models.elsewhere()
    window.state.models.choose(model)
    click(fireside, "bannerGoOnline")
    fireside.until(lambda: window.state.models.current == model and not window.state.models.loading)
    assert not fireside.host.settings.offline
    assert not window.banner.isVisible()


def test_one_name_in_all_places(fireside: Fireside, server: Player) -> None:
    model = use(fireside, server)
    picker = fireside.window.composer.picker
    assert picker.text().strip() == "gpt-oss-120b"
    assert MODEL in picker.toolTip()
    assert "gpt-oss-120b on" in model_on_host(model.name, model.host)
    fireside.window.model_area.model_picker.show_elsewhere()
    title = fireside.find(QLabel, "endpointTitle")
    assert title.text() == "gpt-oss-120b"


def test_what_a_server_sent_is_shown_as_a_line() -> None:
    """A terminal shows it, too."""
    explanation = explain(ServerForeign("http://gpu.example.org/v1", "\x1b[31mred\u202e\r\n\0!"))
    assert explanation.detail == "[31mred !"
