"""Chats whose answers a server generates, in the window, with a server that plays vLLM."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.base.types import Endpoint, ModelRef, Part, PartKind
from app.engine.remote.remote_server import SavedEndpoint, ServerKind
from app.ui.composer.context_gauge import ContextGauge
from app.ui.notice import Notice
from app.ui.window.remote_line import RemoteLine
from app.wording.answered_by import (
    leaving_sentence,
    left_out_sentence,
    memory_elsewhere,
    model_on_host,
    place_hint,
)
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Said
from tests.fakes.remote.vllm import Vllm
from tests.ui.driver import Fireside, Start, answer
from tests.ui.qt import child

MODEL = "openai/gpt-oss-120b"


@pytest.fixture
def server() -> Iterator[Player]:
    with serving(Vllm()) as player:
        yield player


def use(fireside: Fireside, server: Player, *, named: bool = False) -> ModelRef:
    """Add the server's model, and choose it; ``named``: chats get their titles from it."""
    saved = SavedEndpoint(Endpoint(server.url, MODEL), ServerKind.VLLM)
    fireside.host.change(name_chats=named)
    fireside.host.remote.endpoints.save(saved)
    fireside.window.state.models.choose(saved.model)
    fireside.until(lambda: fireside.window.state.models.current == saved.model)
    return saved.model


def use_demo(fireside: Fireside) -> None:
    models = fireside.window.state.models
    models.choose(models.demo)
    fireside.until(lambda: models.current == models.demo)


def line(fireside: Fireside) -> str:
    line = fireside.window.findChild(QWidget, "remoteLine")
    assert isinstance(line, QWidget)
    return child(line, QLabel, "remoteLineText").text() if line.isVisible() else ""


def made(fireside: Fireside) -> str:
    return fireside.find(QLabel, "made", last=True).text()


def test_where_a_chat_goes_is_said_above_it() -> None:
    far = ModelRef(Endpoint("https://gpu.example.org:8443/v1", MODEL), "gpt-oss-120b")
    assert leaving_sentence(far) == (
        "This chat leaves your computer: it’s answered by gpt-oss-120b on gpu.example.org:8443."
    )
    plain = ModelRef(Endpoint("http://gpu.example.org:8443/v1", MODEL), "gpt-oss-120b")
    assert leaving_sentence(plain) == (
        "This chat leaves your computer unencrypted: "
        "it’s answered by gpt-oss-120b on gpu.example.org:8443."
    )
    near = ModelRef(Endpoint("http://localhost:11434/v1", "gpt-oss:20b"), "gpt-oss:20b")
    assert "another app on this computer" in leaving_sentence(near)
    assert "leaves" not in leaving_sentence(near)
    assert "unencrypted" not in leaving_sentence(near)
    assert not leaving_sentence(ModelRef.of_file(__file__, "mine"))  # type: ignore[arg-type]
    assert place_hint(far).startswith("Runs on gpu.example.org:8443.")
    assert place_hint(None).startswith("Runs on your computer.")
    assert "takes no memory here" in memory_elsewhere(far)
    assert "Another app" in memory_elsewhere(near)


def test_what_was_left_out_is_named() -> None:
    host = "gpu.example.org"
    assert not left_out_sentence(host, ())
    assert "doesn’t take an effort" in left_out_sentence(host, ("reasoning_effort",))
    several = left_out_sentence(host, ("reasoning_effort", "top_p", "top_k"))
    assert several.endswith("they weren’t used: Effort, Top-p, top_k")


def test_a_long_name_is_cut_in_the_line(qtbot: QtBot) -> None:
    long = "hf.co/someone/gpt-oss-120b-with-a-very-long-name-GGUF:UD-Q4_K_XL"
    host = "a-very-long-name-of-a-host.cluster-17.research.example.org"
    shown = RemoteLine()
    qtbot.addWidget(shown)
    shown.resize(700, 30)
    model = ModelRef(Endpoint(f"https://{host}/v1", long), long)
    shown.set_model(model)
    label = child(shown, QLabel, "remoteLineText")
    assert "…" in label.text()
    assert label.text().endswith("example.org.")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= 700 - 48
    layout = shown.layout()
    assert layout
    layout.setContentsMargins(48, 14, 48, 14)  # as the zoom does
    shown.set_model(model)
    assert label.fontMetrics().horizontalAdvance(label.text()) <= 700 - 96
    assert shown.accessibleName() == leaving_sentence(model)
    assert host in shown.accessibleName()


@pytest.mark.parametrize(
    ("id", "shown"),
    [
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("gpt-oss:20b", "gpt-oss:20b"),
        ("hf.co/unsloth/gpt-oss-20b-GGUF:Q4_K_M", "gpt-oss-20b-GGUF:Q4_K_M"),
        ("/models/gpt-oss-20b.gguf", "/models/gpt-oss-20b.gguf"),
        ("A/B test", "A/B test"),
        ("<b>R&D</b>", "<b>R&D</b>"),
        ("ends/", "ends/"),
    ],
)
def test_a_model_is_named_by_the_end_of_its_id(id: str, shown: str) -> None:
    assert model_on_host(id, "gpu.example.org") == f"{shown} on gpu.example.org"
    assert model_on_host(id, "") == id


def test_a_server_answers_and_is_named(fireside: Fireside, server: Player) -> None:
    model = use(fireside, server)
    assert line(fireside) == leaving_sentence(model)
    server.say(Said("Paris.", reasoning="A capital."))
    fireside.ask("The capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    assert f"gpt-oss-120b on {model.host}" in made(fireside)
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert (row.model, row.host) == (MODEL, model.host)
    assert row.message.reasoning == "A capital."
    use_demo(fireside)
    assert not line(fireside)


def test_a_chat_goes_on_here_and_there(fireside: Fireside, server: Player) -> None:
    fireside.ask("first", *answer("From here."))
    fireside.shows("From here.")
    fireside.idle()
    use(fireside, server)
    server.say(Said("From there."))
    fireside.ask("second")
    fireside.shows("From there.")
    fireside.idle()
    said = [message["content"] for message in server.answers[-1].json["messages"]]
    assert said[-3:] == ["first", "From here.", "second"]
    use_demo(fireside)
    fireside.ask("third", *answer("Here again."))
    fireside.shows("Here again.")
    fireside.idle()
    told = [message.text for message in fireside.backend.requests[-1].messages]
    assert told == ["first", "From here.", "second", "From there.", "third"]
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    hosts = [row.host for row in rows]
    assert hosts == ["", "", "", model_host(server), "", ""]


def model_host(server: Player) -> str:
    return Endpoint(server.url, MODEL).host


def test_the_chat_remembers_its_server(start: Start, server: Player) -> None:
    fireside = start()
    model = use(fireside, server)
    server.say(Said("Paris."))
    fireside.ask("The capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    again = start()
    again.shows("Paris.")
    assert again.window.state.models.asked == model
    assert line(again) == leaving_sentence(model)
    assert model_on_host(MODEL, model.host) in made(again)


@pytest.mark.parametrize("says", [False, True])
def test_the_gauge_says_what_is_known(fireside: Fireside, *, says: bool) -> None:
    dialect = Vllm() if says else OpenAi()  # which tells nobody how large its contexts are
    kind = ServerKind.VLLM if says else ServerKind.OPENAI
    with serving(dialect) as server:
        saved = SavedEndpoint(Endpoint(server.url, dialect.model), kind)
        fireside.host.change(name_chats=False)
        fireside.host.remote.endpoints.save(saved)
        fireside.window.state.models.choose(saved.model)
        fireside.until(lambda: fireside.window.state.models.current == saved.model)
        server.say(Said("Paris."))
        fireside.ask("The capital of France?")
        fireside.shows("Paris.")
        fireside.idle()
        gauge = fireside.find(ContextGauge, "contextGauge")
        fireside.until(lambda: gauge._text.endswith("/ 128K" if says else "/ ?"))
        assert says or "doesn’t say" in gauge.accessibleName()


def test_answer_now_is_not_offered(fireside: Fireside, server: Player) -> None:
    use(fireside, server)
    server.say(Said("Paris.", reasoning="A capital, a capital, a capital."))
    fireside.ask("The capital of France?")
    fireside.shows("Paris.")
    fireside.idle()
    offered = fireside.window.findChildren(QAbstractButton, "answerNow")
    assert not any(button.isVisible() for button in offered)


def test_a_server_names_the_chat(fireside: Fireside, server: Player) -> None:
    use(fireside, server, named=True)
    server.say(Said("Paris."), Said("Capital of France", reasoning="Six words."))
    fireside.ask("Tell me the capital of France, please, and nothing else?")
    fireside.shows("Paris.")
    fireside.until(lambda: len(server.answers) == 2)

    def title() -> str:
        return fireside.stored(lambda store: store.chats.get(fireside.chat)).title

    fireside.until(lambda: title() == "Capital of France")
    body = server.answers[-1].json
    assert body["reasoning_effort"] == "low"
    assert body["max_tokens"] > 100, "it reasons first"


# --- What fits there ------------------------------------------------------------------------------


@pytest.fixture
def ollama() -> Iterator[Player]:
    with serving(Ollama("llama-4", context=2048)) as player:
        yield player


def use_ollama(fireside: Fireside, server: Player) -> None:
    saved = SavedEndpoint(Endpoint(server.url, "llama-4"), ServerKind.OLLAMA)
    fireside.host.change(name_chats=False)
    fireside.host.remote.endpoints.save(saved)
    fireside.window.state.models.choose(saved.model)
    fireside.until(lambda: fireside.window.state.models.current == saved.model)


def chip(fireside: Fireside) -> str:
    (item,) = fireside.window.composer.attachment_bar.items
    fireside.until(lambda: item.tokens is not None)
    return item.detail


def test_files_for_a_model_elsewhere_are_estimated(fireside: Fireside, ollama: Player) -> None:
    use_ollama(fireside, ollama)
    text = "The harbour was quiet. " * 40
    fireside.window.composer.set_parts((Part(text, PartKind.FILE, "notes.txt"),))
    assert re.fullmatch(r"about \d{3} tokens", chip(fireside))
    use_demo(fireside)  # whose vocabulary is here
    fireside.until(lambda: re.fullmatch(r"\d[\d,]* tokens", chip(fireside)))


def test_a_file_that_will_not_fit_is_warned_of(fireside: Fireside, ollama: Player) -> None:
    use_ollama(fireside, ollama)
    bar = fireside.window.composer.attachment_bar
    long = Part("The harbour was quiet.\n" * 500, PartKind.FILE, "notes.txt")
    fireside.window.composer.set_parts((long,))
    fireside.until(lambda: bar.too_long)
    notice = child(bar, QWidget, "tooLong")
    assert re.search(
        r"notes.txt may be too long: about [\d,]+ tokens, and [\d,]+ fit", said(notice)
    )
    assert not ollama.answers


def test_words_that_will_not_fit_are_warned_of(fireside: Fireside, ollama: Player) -> None:
    use_ollama(fireside, ollama)
    fireside.window.composer.set_parts((Part("The harbour was quiet. " * 500),))
    fireside.window.composer.typed.emit()
    status = fireside.find(QLabel, "statusLine")
    fireside.until(lambda: status.text().startswith("This may be too long for the model: about "))
    gauge = fireside.find(ContextGauge, "contextGauge")
    assert gauge.colour == "danger"
    assert gauge.accessibleName().startswith("About ")
    assert not ollama.answers


def test_what_a_server_has_cut_is_said_below_the_answer(fireside: Fireside, ollama: Player) -> None:
    use_ollama(fireside, ollama)
    ollama.say(Said("I see only words."), Said("I see a question."))
    send(fireside, "word " * 2000)
    fireside.shows("I see only words.")
    fireside.idle()
    said = fireside.find(QLabel, "leftOut").text()
    assert "seems to have left out part of this chat" in said
    assert said in fireside.text()
    fireside.window.new_chat()
    send(fireside, "word " * 20)
    fireside.shows("I see a question.")
    fireside.idle()
    assert "left out" not in fireside.text()


def send(fireside: Fireside, text: str) -> None:
    fireside.window.composer.set_parts((Part(text),))
    fireside.find(QAbstractButton, "send").click()


def said(notice: QWidget) -> str:
    assert isinstance(notice, Notice)
    return notice.label.text()
