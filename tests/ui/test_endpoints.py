"""Models on other computers: found, tested, added, used, changed and removed in the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMenu, QWidget

from app.base import outside
from app.base.errors import Cancelled, ServerUnencrypted
from app.base.types import Endpoint
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, ServedHere, ServerKind
from app.store import Preset
from app.ui.choices import Switch
from tests.fakes.administrator import Administrator
from tests.fakes.remote.faults import Fault
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Said
from tests.fakes.remote.vllm import Vllm
from tests.fakes.remote.wire import Asked, Reply
from tests.ui.driver import Fireside, Start, answer, arrived
from tests.ui.qt import child, focused

# Menus and dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

GPU = "https://gpu.example.org/v1"


class Several(Vllm):
    """A vLLM with an adapter beside the model, whose name is hostile."""

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        reply = super().answer(asked, say)
        if asked.path == "/v1/models" and isinstance(reply.body, dict) and "data" in reply.body:
            (card,) = reply.body["data"]
            reply.body["data"].append(card | {"id": "<b>R&D"})
        return reply


@pytest.fixture
def server() -> Iterator[Player]:
    with serving(Vllm(key="sk-1")) as player:
        yield player


def opened(fireside: Fireside) -> QWidget:
    fireside.window.model_area.model_picker.show_elsewhere()
    return fireside.find(QWidget, "remotePane")


def click(fireside: Fireside, name: str) -> None:
    fireside.find(QAbstractButton, name).click()


def result(fireside: Fireside) -> str:
    return child(fireside.window, QLabel, "endpointTested").text()


def write(fireside: Fireside, name: str, text: str) -> None:
    field = fireside.find(QLineEdit, name)
    field.clear()
    QTest.keyClicks(field, text)


def add(fireside: Fireside, url: str, key: str = "", model: str = "openai/gpt-oss-120b") -> str:
    """Add a model without the window, and return its key."""
    endpoint = Endpoint(url, model)
    fireside.host.remote.endpoint_jobs.save(
        SavedEndpoint(endpoint, ServerKind.VLLM, "0.33.0", 131_072), key or None
    ).result(timeout=30)
    fireside.window.state.models.endpoints_changed()
    return f"{url}#{model}"


def use(fireside: Fireside, key: str) -> None:
    """Choose a model, and wait until it can be asked."""
    model = fireside.window.state.models.find(key)
    assert model
    fireside.window.state.models.choose(model)
    fireside.until(lambda: fireside.window.state.models.loading is None)
    assert fireside.window.state.models.current == model


def show_demo(fireside: Fireside) -> None:
    """Show a new chat with the demo model."""
    fireside.window.new_chat()
    use(fireside, "demo")


# --- Adding ---


def test_a_model_is_tested_added_used_and_asked(start: Start, server: Player) -> None:
    fireside = start(name_chats=False)
    opened(fireside)
    assert focused().objectName() == "endpointAddress"
    write(fireside, "endpointAddress", f"{server.root}/v1/chat/completions")
    key = fireside.find(QLineEdit, "endpointKey")
    assert key.echoMode() is QLineEdit.EchoMode.Password
    assert server.asked == [], "nothing before a click"
    QTest.keyClick(key, Qt.Key.Key_Return)
    fireside.until(lambda: result(fireside) and "Connecting" not in result(fireside))
    assert not child(fireside.window, QWidget, "saveEndpoint").isVisible()
    assert {each.key for each in server.asked} == {""}
    write(fireside, "endpointKey", "sk-1")
    click(fireside, "endpointTest")
    save = fireside.find(QAbstractButton, "saveEndpoint")
    assert result(fireside) == "It works: vLLM 0.33.0, gpt-oss-120b, 131,072 tokens"
    save.click()
    fireside.until(lambda: focused().objectName() == "endpointUse")
    assert not key.isVisible()
    assert key.text() == ""
    (saved,) = fireside.host.remote.endpoints.all()
    assert saved == SavedEndpoint(
        Endpoint(server.url, "openai/gpt-oss-120b"), ServerKind.VLLM, "0.33.0", 131_072
    )
    assert fireside.host.remote.endpoints.key(server.url) == "sk-1"
    assert "sk-1" not in fireside.host.folders.endpoints.read_text("utf-8")
    click(fireside, "endpointUse")
    fireside.until(lambda: fireside.window.pages.chat_shown)
    assert fireside.host.settings.model == saved.model.key
    assert fireside.host.settings.models == ()
    server.say(Said("Paris."))
    fireside.ask("What is the capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    assert fireside.backend.requests == []
    asked = len(server.asked)

    fireside = start()  # and again after a restart
    model = fireside.window.state.models.current
    assert model == saved.model
    menu = QMenu()
    fireside.window.model_area.model_picker.fill(menu)
    (entry,) = [each for each in menu.actions() if each.text().endswith(f"\t{model.host}")]
    assert entry.isChecked()
    menu.deleteLater()
    assert len(server.asked) > asked, "the model is looked for"
    asked = len(server.asked)
    fireside.window.state.models.begin()
    assert fireside.window.state.models.loading is None, "the window comes first"
    fireside.until(lambda: len(server.asked) > asked)
    fireside.until(lambda: fireside.window.state.models.loading is None)


def test_one_of_several_models_is_chosen(fireside: Fireside) -> None:
    with serving(Several()) as server:
        opened(fireside)
        write(fireside, "endpointAddress", server.root)
        click(fireside, "endpointTest")
        click(fireside, "endpointModel")
        menu = child(fireside.window, QMenu, "endpointModelMenu")
        assert [each.text() for each in menu.actions()] == ["openai/gpt-oss-120b", "<b>R&&D"]
        menu.actions()[1].trigger()
        menu.close()
        assert result(fireside) == "It works: vLLM 0.33.0, <b>R&D, 131,072 tokens"
        click(fireside, "saveEndpoint")
        title = fireside.find(QLabel, "endpointTitle")
        assert title.textFormat() is Qt.TextFormat.PlainText
        assert title.text() == "<b>R&D"
        use(fireside, f"{server.url}#<b>R&D")
        fireside.window.model_area.model_picker.fill(models := QMenu(fireside.window))
        assert [each for each in models.actions() if "R&&D" in each.text()]
        assert marked_up(fireside.window) == []


def marked_up(window: QWidget) -> list[str]:
    """Return the texts that Qt takes for markup, although they have a name in them."""
    labels = [
        each.text()
        for each in window.findChildren(QLabel)
        if each.textFormat() is not Qt.TextFormat.PlainText
    ]
    tips = [each.toolTip() for each in window.findChildren(QWidget)]
    tips += [each.toolTip() for each in window.findChildren(QAction)]
    return [text for text in (*labels, *tips) if "<b>R" in text]


def test_what_is_opened_is_scrolled_into_sight(fireside: Fireside) -> None:
    for number in range(4):
        add(fireside, GPU, model=f"model {number}")
    fireside.window.resize(900, 480)
    opened(fireside)
    click(fireside, "addEndpoint")
    address = fireside.find(QLineEdit, "endpointAddress")
    fireside.until(lambda: not address.visibleRegion().isEmpty())


def test_tab_goes_through_the_models_and_on_to_what_is_below(fireside: Fireside) -> None:
    add(fireside, GPU)
    add(fireside, "https://other.example.org/v1")
    pane = opened(fireside)
    there = [each for each in pane.findChildren(QAbstractButton) if each.isVisible()]
    first = focused()
    passed: list[QWidget] = [first]
    at: QWidget | None = first.nextInFocusChain()
    while at and pane.isAncestorOf(at):
        passed.append(at)
        at = at.nextInFocusChain()
    names = [each.objectName() for each in passed if each in there]
    row = ["endpointUse", "endpointTestAgain", "endpointEdit", "endpointRemove"]
    assert names == [*row, *row, "addEndpoint", "lookHere"]


def test_a_change_of_what_was_tested_takes_the_result_back(
    fireside: Fireside, server: Player
) -> None:
    opened(fireside)
    write(fireside, "endpointAddress", server.root)
    write(fireside, "endpointKey", "sk-1")
    click(fireside, "endpointTest")
    save = fireside.find(QAbstractButton, "saveEndpoint")
    write(fireside, "endpointKey", "sk-2")
    assert not save.isVisible()
    assert result(fireside) == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ftp://there", "Enter an address like"),
        ("https://me:secret@there", "Leave out the user name and password."),
    ],
)
def test_what_is_no_address_is_said(fireside: Fireside, typed: str, said: str) -> None:
    opened(fireside)
    write(fireside, "endpointAddress", typed)
    assert result(fireside) == ""
    click(fireside, "endpointTest")
    assert result(fireside).startswith(said)
    assert focused().objectName() == "endpointAddress"


def test_a_silent_server_can_be_stopped(fireside: Fireside, server: Player) -> None:
    server.fail(Fault.SILENT_FIRST, method="GET")
    opened(fireside)
    write(fireside, "endpointAddress", server.root)
    click(fireside, "endpointTest")
    fireside.until(server.holding.is_set)
    assert result(fireside) == "Connecting…"
    click(fireside, "endpointStop")
    fireside.until(lambda: result(fireside) == "")
    fireside.until(server.left.is_set)
    assert child(fireside.window, QAbstractButton, "endpointTest").isEnabled()


Found = Future[RemoteServer]


class Connections:
    """What was to be tested, in the place of the network."""

    def __init__(self, fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, str | None, bool]] = []
        self.results: list[RemoteServer | Exception] = []
        monkeypatch.setattr(fireside.host.remote.endpoint_jobs, "find", self.find)

    def find(
        self, address: str, stop: threading.Event, *, key: str | None, unencrypted: bool, model: str
    ) -> Found:
        assert model == ""
        self.asked.append((address, key, unencrypted))
        done: Found = Future()
        result = self.results.pop(0)
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
        return done


def test_without_encryption_nothing_is_sent_unless_accepted(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Connections(fireside, monkeypatch)
    opened(fireside)
    accept = child(fireside.window, Switch, "endpointUnencrypted")
    test = fireside.find(QAbstractButton, "endpointTest")
    write(fireside, "endpointAddress", "http://gpu.example.org:8000")
    assert accept.isVisible()
    assert accept.accessibleName() == "Send without encryption to gpu.example.org:8000"
    assert not test.isEnabled()
    QTest.keyClick(fireside.find(QLineEdit, "endpointKey"), Qt.Key.Key_Return)
    assert made.asked == []
    for local in ("http://127.0.0.1:8000", "https://gpu.example.org", "gpu.example.org"):
        write(fireside, "endpointAddress", local)
        assert not accept.isVisible()
        assert test.isEnabled()
    # A server is found to have none.
    plain = "http://gpu.example.org/v1"
    made.results = [
        ServerUnencrypted(plain),
        RemoteServer(plain, ServerKind.OTHER, "", (ServedHere("m"),)),
    ]
    test.click()
    fireside.until(accept.isVisible)
    assert result(fireside) == "This server doesn’t support encryption."
    assert not test.isEnabled()
    accept.turn(True)
    test.click()
    save = fireside.find(QAbstractButton, "saveEndpoint")
    assert made.asked == [("gpu.example.org", None, False), (plain, None, True)]
    accept.turn(False)
    assert not save.isVisible(), "it was taken back"
    made.results = [RemoteServer(plain, ServerKind.OTHER, "", (ServedHere("m"),))]
    accept.turn(True)
    test.click()
    fireside.find(QAbstractButton, "saveEndpoint").click()
    fireside.until(fireside.host.remote.endpoints.all)
    assert fireside.host.remote.endpoints.all() == (
        SavedEndpoint(Endpoint(plain, "m"), unencrypted=True),
    )


# --- This computer ---


def test_servers_on_this_computer_are_looked_for_on_a_click(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Vllm()) as server:
        port = int(server.root.rpartition(":")[2])
        ports = {"server_ports": [port]}
        value = outside.value
        monkeypatch.setattr(outside, "value", lambda name: ports.get(name) or value(name))
        opened(fireside)
        assert server.asked == []
        click(fireside, "lookHere")
        click(fireside, "addFound")
        assert child(fireside.window, QLabel, "lookSaid").text() == "1 server found"
        fireside.find(QAbstractButton, "saveEndpoint").click()
        fireside.until(fireside.host.remote.endpoints.all)
        assert fireside.host.remote.endpoints.all()[0].endpoint.url == server.url


def test_a_look_at_this_computer_can_be_stopped(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_here(stop: threading.Event) -> Future[Any]:
        def wait() -> None:
            stop.wait()
            raise Cancelled

        return fireside.host.jobs.submit_until(stop, wait)

    monkeypatch.setattr(fireside.host.remote.endpoint_jobs, "look_here", look_here)
    opened(fireside)
    click(fireside, "lookHere")
    click(fireside, "lookStop")
    assert fireside.find(QAbstractButton, "lookHere").isEnabled()
    assert child(fireside.window, QLabel, "lookSaid").text() == ""


# --- The list ---


def test_a_saved_model_is_tested_again_and_its_key_changed(
    fireside: Fireside, server: Player
) -> None:
    add(fireside, server.url, "sk-old")
    opened(fireside)
    said = child(fireside.window, QLabel, "endpointSaid")
    click(fireside, "endpointTestAgain")
    fireside.until(lambda: said.text() and "Connecting" not in said.text())
    assert "It works" not in said.text()
    click(fireside, "endpointEdit")
    field = fireside.find(QLineEdit, "newEndpointKey")
    assert field.echoMode() is QLineEdit.EchoMode.Password
    assert field.text() == ""
    save = fireside.find(QAbstractButton, "saveEndpointKey")
    QTest.keyClicks(field, "two words")
    assert not save.isEnabled()
    field.clear()
    QTest.keyClicks(field, "sk-1")
    save.click()
    fireside.until(lambda: said.text().startswith("It works: vLLM"))  # it is tested at once
    assert fireside.host.remote.endpoints.key(server.url) == "sk-1"
    assert server.asked[-1].key == "sk-1"


def test_a_wrong_key_is_said_when_it_is_entered(fireside: Fireside, server: Player) -> None:
    add(fireside, server.url, "sk-1")
    opened(fireside)
    said = child(fireside.window, QLabel, "endpointSaid")
    change_key(fireside, "sk-wrong")
    fireside.until(lambda: "needs a valid key" in said.text())
    asked = len(server.asked)
    click(fireside, "endpointEdit")
    click(fireside, "removeEndpointKey")
    fireside.until(lambda: said.text() == "")
    assert fireside.host.remote.endpoints.key(server.url) == ""
    assert len(server.asked) == asked, "there is nothing to test"


def test_a_key_that_is_entered_during_a_test_begins_another(
    fireside: Fireside, server: Player
) -> None:
    add(fireside, server.url, "sk-old")
    opened(fireside)
    said = child(fireside.window, QLabel, "endpointSaid")
    server.fail(Fault.SILENT_FIRST, 1, method="GET")
    click(fireside, "endpointTestAgain")
    fireside.until(server.holding.is_set)
    change_key(fireside, "sk-1")
    fireside.until(lambda: said.text().startswith("It works: vLLM"))
    assert not child(fireside.window, QWidget, "endpointStopTest").isVisible()


def change_key(fireside: Fireside, key: str) -> None:
    click(fireside, "endpointEdit")
    QTest.keyClicks(fireside.find(QLineEdit, "newEndpointKey"), key)
    click(fireside, "saveEndpointKey")


# --- Servers without a list ---


class Gateway(Vllm):
    """A proxy before vLLM that passes on only questions, or an empty list."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if asked.path == "/v1/chat/completions":
            return super().answer(asked, say)
        if asked.path == "/v1/models" and self.status == 200:
            return Reply(body={"object": "list", "data": []})
        return Reply(self.status if self.status != 200 else 404, b"404 page not found")


@pytest.mark.parametrize("status", [404, 405, 501, 200])
def test_a_model_is_added_by_its_id(fireside: Fireside, status: int) -> None:
    model = "openai/gpt-oss-120b"
    with serving(Gateway(status)) as server:
        opened(fireside)
        write(fireside, "endpointAddress", server.root)
        assert not child(fireside.window, QWidget, "endpointModelId").isVisible()
        click(fireside, "endpointTest")
        fireside.until(lambda: focused().objectName() == "endpointModelId")
        assert "enter the model’s id" in result(fireside).lower()
        assert server.answers == [], "nothing is asked of a model before it is named"
        write(fireside, "endpointModelId", "wrong")
        click(fireside, "endpointTest")
        fireside.until(lambda: "doesn’t have wrong" in result(fireside))
        write(fireside, "endpointModelId", model)
        server.say(Said("Hi"))
        QTest.keyClick(fireside.find(QLineEdit, "endpointModelId"), Qt.Key.Key_Return)
        fireside.until(lambda: result(fireside) == "It works: gpt-oss-120b")
        asked = server.answers[-1].json
        assert (asked["model"], asked["max_tokens"]) == (model, 1)
        assert "tools" not in asked
        click(fireside, "saveEndpoint")
        fireside.until(lambda: focused().objectName() == "endpointUse")
        (saved,) = fireside.host.remote.endpoints.all()
        assert saved == SavedEndpoint(Endpoint(server.url, model), unlisted=True)
        server.say(Said("Hi"))
        click(fireside, "endpointTestAgain")
        said = child(fireside.window, QLabel, "endpointSaid")
        fireside.until(lambda: said.text() == "It works: gpt-oss-120b")
        before = len(server.asked)
        click(fireside, "endpointUse")
        fireside.until(lambda: fireside.window.pages.chat_shown)
        fireside.until(lambda: fireside.window.state.models.current == saved.model)
        assert len(server.asked) == before
        server.say(Said("Paris."))
        fireside.host.change(name_chats=False)
        fireside.ask("The capital of France?")
        fireside.shows("Paris.")
        fireside.idle()


def test_another_address_takes_the_field_for_an_id_away(fireside: Fireside) -> None:
    with serving(Gateway(404)) as server:
        opened(fireside)
        write(fireside, "endpointAddress", server.root)
        click(fireside, "endpointTest")
        fireside.until(lambda: focused().objectName() == "endpointModelId")
        write(fireside, "endpointModelId", "x")
        write(fireside, "endpointAddress", "https://gpu.example.org")
        field = child(fireside.window, QLineEdit, "endpointModelId")
        assert (field.isVisible(), field.text()) == (False, "")


def test_a_model_is_removed_after_a_question(fireside: Fireside) -> None:
    key = add(fireside, GPU, "sk-1")
    opened(fireside)
    for button in ("cancel", "confirmYes"):
        click(fireside, "endpointRemove")
        assert fireside.host.remote.endpoints.find(key)
        click(fireside, button)
    fireside.until(lambda: not fireside.host.remote.endpoints.all())
    fireside.until(lambda: fireside.find(QLineEdit, "endpointAddress"))
    assert fireside.host.remote.endpoints.key(GPU) == ""


def test_a_model_that_is_removed_during_its_test_stays_removed(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(fireside, GPU)
    opened(fireside)
    tested: Future[RemoteServer] = Future()
    jobs = fireside.host.remote.endpoint_jobs
    monkeypatch.setattr(jobs, "find", lambda *_, **__: tested)
    monkeypatch.setattr(jobs, "learn", lambda *_, **__: pytest.fail("it is saved again"))
    click(fireside, "endpointTestAgain")
    click(fireside, "endpointRemove")
    click(fireside, "confirmYes")
    fireside.until(lambda: not fireside.host.remote.endpoints.all())
    model = ServedHere("openai/gpt-oss-120b", 4096)
    tested.set_result(RemoteServer(GPU, ServerKind.VLLM, "0.34", (model,)))
    arrived(fireside)
    assert fireside.host.remote.endpoints.all() == ()


def test_the_organizations_models_cannot_be_removed(
    start: Start, administrator: Administrator
) -> None:
    text = f'[[endpoint]]\naddress = "{GPU}"\nmodel = "m"\nname = "Team"\n'
    administrator.write("endpoints.toml", text)
    fireside = start()
    opened(fireside)
    assert fireside.find(QLabel, "endpointTitle").text() == "Team"
    assert "Set by your organization." in child(fireside.window, QLabel, "endpointLeaves").text()
    assert not child(fireside.window, QWidget, "endpointRemove").isVisible()
    assert child(fireside.window, QWidget, "endpointEdit").isVisible()


def test_damage_of_the_list_is_said_at_the_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text("{")
    fireside = start()
    banner = fireside.find(QLabel, "bannerText")
    fireside.until(lambda: "models on other computers" in banner.text())
    assert "endpoints.json.1.old" in banner.text()


# --- Offline ---


def test_offline_the_controls_say_so(fireside: Fireside, server: Player) -> None:
    add(fireside, server.url, "sk-1")
    fireside.host.change(offline=True)
    opened(fireside)
    click(fireside, "addEndpoint")
    write(fireside, "endpointAddress", server.root)
    names = ("endpointUse", "endpointTestAgain", "endpointTest", "lookHere")
    assert not any(fireside.find(QAbstractButton, name).isEnabled() for name in names)
    click(fireside, "remoteGoOnline")
    assert not fireside.host.settings.offline
    assert all(fireside.find(QAbstractButton, name).isEnabled() for name in names)
    assert not child(fireside.window, QWidget, "remoteOffline").isVisible()
    assert server.asked == []


def test_offline_nothing_is_asked_before_a_question(start: Start, server: Player) -> None:
    fireside = start()
    key = add(fireside, server.url, "sk-1")
    use(fireside, key)
    asked = len(server.asked)
    fireside.host.change(offline=True)
    fireside = start()
    fireside.window.new_chat()
    assert fireside.window.state.models.current == fireside.window.state.models.find(key)
    fireside.window.state.models.begin()
    fireside.qtbot.wait(700)  # longer than a chat is shown before its model is loaded
    assert not child(fireside.window, QWidget, "banner").isVisible()
    fireside.ask("Hello")
    fireside.shows("Fireside is offline")
    fireside.idle()
    assert len(server.asked) == asked


# --- Chats ---


def test_a_chat_shows_its_model_also_once_that_is_removed(start: Start, server: Player) -> None:
    fireside = start(name_chats=False)
    key = add(fireside, server.url, "sk-1")
    use(fireside, key)
    server.say(Said("Paris."))
    fireside.ask("What is the capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    chat = fireside.chat
    show_demo(fireside)
    fireside.window.open_chat(chat)
    asked = fireside.window.state.models.asked
    assert asked is not None
    assert asked.key == key
    fireside.window.state.models.load()
    fireside.until(lambda: fireside.window.state.models.loading is None)

    fireside.host.remote.endpoint_jobs.remove(Endpoint(server.url, "openai/gpt-oss-120b")).result(
        30
    )
    fireside.window.state.models.endpoints_changed()
    show_demo(fireside)
    count = len(server.asked)
    fireside.window.open_chat(chat)
    fireside.shows("Paris.")
    gone = fireside.window.state.models.asked
    assert gone is not None
    assert gone.key == key
    choose = fireside.find(QAbstractButton, "bannerAction")
    assert choose.text() == "Choose another model"
    assert len(server.asked) == count
    choose.click()
    menu = child(fireside.window, QMenu, "modelMenu")
    (entry,) = [each for each in menu.actions() if each.text().endswith(f"\t{gone.host}")]
    assert not entry.isEnabled()
    next(each for each in menu.actions() if each.text() == "Demo model").trigger()
    menu.close()
    fireside.until(
        lambda: fireside.window.state.models.current == fireside.window.state.models.demo
    )
    fireside.ask("And of Spain?", *answer("Madrid."))
    fireside.shows("Madrid.")
    assert len(server.asked) == count


def test_two_ways_to_one_host_are_told_apart(fireside: Fireside) -> None:
    for url in (GPU, GPU.replace("https", "http")):
        add(fireside, url)
    menu = QMenu()
    fireside.window.model_area.model_picker.fill(menu)
    texts = [each.text() for each in menu.actions() if "gpu.example" in each.text()]
    assert texts == [
        "gpt-oss-120b\tgpu.example.org", "gpt-oss-120b\tgpu.example.org (unencrypted)"
    ]  # fmt: skip
    menu.deleteLater()


def test_a_server_that_fails_leaves_the_model_before(fireside: Fireside, server: Player) -> None:
    key = add(fireside, server.url, "sk-1")
    server.fail(Fault.FAILED, method="GET")
    model = fireside.window.state.models.find(key)
    assert model
    fireside.window.state.models.choose(model)
    again = fireside.find(QAbstractButton, "bannerTryAgain")
    assert fireside.window.state.models.current == fireside.window.state.models.demo
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    fireside.idle()
    server.fail(None)
    again.click()
    fireside.until(lambda: fireside.window.state.models.current == model)
    assert not child(fireside.window, QWidget, "banner").isVisible()


def test_only_the_local_model_is_unloaded(fireside: Fireside, server: Player) -> None:
    models = fireside.window.state.models
    assert models.can_unload()
    use(fireside, add(fireside, server.url, "sk-1"))
    assert models.can_unload(), "the local model is still in memory"
    models.unload()
    fireside.until(lambda: not models.unloading)
    assert not models.can_unload()
    assert fireside.backend.model is None
    assert not models.unloaded, "that is no news about the server's model"
    models.choose(models.demo)
    fireside.until(lambda: models.loading is None)
    assert models.can_unload()


def test_presets_can_have_a_model_of_another_computer(fireside: Fireside, server: Player) -> None:
    models = fireside.window.state.models
    key = add(fireside, server.url, "sk-1")
    assert key in [each.key for each in models.here()]
    assert models.name_of(key).startswith("gpt-oss-120b on 127.0.0.1:")
    assert models.name_of("https://gone.example.org/v1#a/b.gguf") == "b.gguf on gone.example.org"
    assert models.find("https://gone.example.org/v1#gpt-oss.gguf") is None
    preset = Preset(1, "Remote", model=key)
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.chat_area.preset_controller.choose(preset)
    fireside.until(lambda: models.current and models.current.key == key)
    missing = replace(preset, model="https://gone.example.org/v1#a/b")
    fireside.window.chat_area.preset_controller.choose(missing)
    text = fireside.find(QLabel, "bannerText").text()
    assert "b on gone.example.org" in text
    fireside.until(lambda: models.loading is None)


def test_the_command_leads_there(fireside: Fireside) -> None:
    child(fireside.window, QAction, "remoteModelCommand").trigger()
    assert fireside.find(QWidget, "remotePane").isVisible()


def test_what_was_found_at_the_address_before_is_not_offered_for_another(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was on its way when something else was typed, whose key it would get."""
    opened(fireside)
    tested: Future[RemoteServer] = Future()
    monkeypatch.setattr(fireside.host.remote.endpoint_jobs, "find", lambda *_, **__: tested)
    write(fireside, "endpointAddress", GPU)
    click(fireside, "endpointTest")
    tested.set_result(RemoteServer(GPU, ServerKind.VLLM, "0.34", (ServedHere("m", 4096),)))
    write(fireside, "endpointAddress", "https://other.example.org")
    arrived(fireside)
    assert not child(fireside.window, QAbstractButton, "saveEndpoint").isVisible()
    assert result(fireside) == ""


def test_what_a_stopped_test_says_ends_no_other(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(fireside, GPU)
    opened(fireside)
    tests = [Future[RemoteServer](), Future[RemoteServer]()]
    waiting = iter(tests)
    monkeypatch.setattr(fireside.host.remote.endpoint_jobs, "find", lambda *_, **__: next(waiting))
    click(fireside, "endpointTestAgain")
    (saved,) = fireside.host.remote.endpoints.all()
    controller = fireside.window.model_area.models_controller.endpoints
    assert controller
    controller.loaded(saved.model, None)  # it was to be used, and that was faster
    click(fireside, "endpointTestAgain")
    tests[0].set_exception(Cancelled())
    arrived(fireside)
    assert fireside.find(QAbstractButton, "endpointStopTest").isVisible()
    tests[1].set_exception(Cancelled())
    arrived(fireside)
