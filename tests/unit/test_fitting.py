"""How much of a conversation goes to a server: counted here, exactly or by estimate."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Prompt
from app.base.errors import ContextFull
from app.base.jobs import Jobs
from app.base.resources import resource
from app.base.secrets import Secrets
from app.base.types import Endpoint, Message, ModelRef, Part, PartKind, Request, Role, ToolNamespace
from app.engine.remote import local_vocabulary
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.fitting import FittingRequest, PromptFitter, is_cut
from app.engine.remote.local_vocabulary import LocalVocabulary
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import SavedEndpoint, ServerKind
from app.formats import ChatFormat, EstimatingFormats
from app.formats.harmony.harmony_format import HarmonyFormat
from app.formats.token_estimate import TokenEstimator, estimated_tokens
from app.network.client import Network
from app.network.endpoint_client import EndpointClient
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.player import serving
from tests.fakes.remote.said import Said
from tests.fakes.vocabulary import tokenizer

CASES = json.loads(
    (Path(__file__).parents[1] / "cases" / "token_estimates.json").read_text(encoding="utf-8")
)
GPT_OSS = ModelRef(Endpoint("https://gpu.example.org/v1", "openai/gpt-oss-120b"), "gpt-oss-120b")
OTHER = ModelRef(Endpoint("https://gpu.example.org/v1", "llama-4"), "llama-4")


@pytest.mark.parametrize("name", CASES)
def test_estimates_are_seldom_too_low(name: str) -> None:
    """The true counts are those of o200k; see `app.formats.token_estimate`."""
    text, true = CASES[name]["text"], CASES[name]["tokens"]
    assert 0.9 * true <= estimated_tokens(text) <= 1.75 * true


def test_any_text_has_an_estimate() -> None:
    assert estimated_tokens("") == 0
    for text in (" ", "\n", "\0", "\ud800", "a" * 100_000, "\u0301" * 1000, "=" * 50_000):
        assert 1 <= estimated_tokens(text) <= len(text) + 1
    long = CASES["English"]["text"] * 500
    assert estimated_tokens(long) == pytest.approx(500 * estimated_tokens(long[:400]), rel=0.35)


def test_the_estimator_is_corrected() -> None:
    estimator = TokenEstimator(["<|start|>"])
    text = CASES["German"]["text"]
    count = len(estimator.encode(text))
    assert count == estimated_tokens(text)
    assert len(estimator.corrected(0.7).encode(text)) == round(0.7 * count)
    assert len(estimator.corrected(0.1).encode("a")) == 1
    assert estimator.encode("") == []
    assert estimator.bytes_of(0) == b""
    assert 0 not in estimator.control.values()


def test_estimates_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.formats.token_estimate._MOST_KEPT", 3)
    estimator = TokenEstimator([])
    for at in range(50):
        estimator.encode(f"text {at}")
        assert len(estimator._counts) <= 3


# --- What fits -----------------------------------------------------------------------------------


def question(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(text: str) -> Message:
    return Message(Role.ASSISTANT, (Part("Hm.", PartKind.REASONING), Part(text)))


def chat(turns: int, model: ModelRef = OTHER, words: int = 60) -> Request:
    text = "The harbour was quiet. " * (words // 4)
    messages = [each for _ in range(turns) for each in (question(text), answer(text))]
    return Request(model, (*messages, question("And then?")), chat=7)


def exact_format() -> ChatFormat:
    return HarmonyFormat(tokenizer())


def test_what_fits_goes_whole() -> None:
    request = chat(3)
    found = PromptFitter().fit(request, 8192)
    assert found.request is request
    assert found.size.estimated
    assert (found.size.context, found.size.dropped) == (8192, 0)
    assert found.size.reserved == 2048
    assert 0 < found.size.opening < found.size.count < 1200


def test_where_the_server_does_not_say_all_goes() -> None:
    request = chat(300)
    found = PromptFitter().fit(request, 0)
    assert found.request is request
    assert (found.size.context, found.size.reserved, found.size.dropped) == (0, 0, 0)
    assert found.size.count > 20_000


def test_the_oldest_turns_are_left_out() -> None:
    request = chat(40)
    found = PromptFitter().fit(request, 4096)
    size, sent = found.size, found.request
    assert size.dropped == len(request.messages) - len(sent.messages) > 0
    assert size.dropped % 2 == 0
    assert sent.messages == request.messages[size.dropped :]
    assert size.count <= 4096 - size.reserved
    assert PromptFitter().fit(sent, 4096).size.dropped == 0


def test_instructions_stay() -> None:
    request = chat(40)
    told = Message(Role.SYSTEM, (Part("Be brief."),))
    found = PromptFitter().fit(replace(request, messages=(told, *request.messages)), 4096)
    assert found.request.messages[0] is told
    assert found.request.messages[1].role is Role.USER
    assert found.size.dropped > 0


def test_what_may_not_be_left_out_does_not_fit() -> None:
    with pytest.raises(ContextFull) as caught:
        PromptFitter().fit(replace(chat(80), whole=True), 4096)
    assert caught.value.context == 4096
    assert caught.value.prompt > 4096
    assert PromptFitter().fit(replace(chat(20), whole=True), 8192).size.dropped == 0
    size = PromptFitter().fit(chat(20), 0).size.count
    with pytest.raises(ContextFull):  # by an estimate, too: the server might cut it unasked
        PromptFitter().fit(replace(chat(20), whole=True), size)


def test_a_question_that_is_too_long_is_not_sent() -> None:
    request = Request(OTHER, (question("word " * 20_000),))
    with pytest.raises(ContextFull):
        PromptFitter().fit(request, 8192)
    # An estimate may be too high: what could fit is left to the server.
    assert PromptFitter().fit(request, 19_000).size.count > 19_000
    assert PromptFitter().fit(request, 0).size.count > 19_000


def test_files_are_counted() -> None:
    file = Part("The harbour was quiet. " * 100, PartKind.FILE, "notes.txt")
    request = Request(OTHER, (Message(Role.USER, (file, Part("What is it?"))),))
    size = PromptFitter().fit(request, 8192).size
    assert 400 < size.attached < size.count


def test_gpt_oss_is_counted_exactly_where_it_matters() -> None:
    asked = []

    def exact() -> ChatFormat:
        asked.append(True)
        return exact_format()

    fitter = PromptFitter(exact)
    request = chat(12, GPT_OSS)
    size = fitter.fit(request, 4096).size
    assert not size.estimated
    assert size.count == len(exact_format().render(request).tokens)
    assert fitter.fit(chat(40, GPT_OSS), 4096).size.dropped > 0
    with pytest.raises(ContextFull):
        fitter.fit(Request(GPT_OSS, (question("word " * 5000),)), 4096)
    asked.clear()
    for other, context in ((chat(12), 4096), (request, 131_072), (request, 0)):
        assert fitter.fit(other, context).size.estimated
    assert asked == []


def test_tokens_drawn_here_do_not_count() -> None:
    request = replace(chat(2), drawn=(1, 2, 3))
    assert PromptFitter().fit(request, 8192).size == PromptFitter().fit(chat(2), 8192).size


# --- What the server says ------------------------------------------------------------------------


def test_estimates_follow_what_the_server_has_counted() -> None:
    fitter = PromptFitter()
    first = fitter.fit(chat(3), 8192).size
    fitter.learn(chat(3), first, round(first.count * 0.8))
    longer = fitter.fit(chat(6), 8192).size
    assert longer.count == pytest.approx(
        0.8 * PromptFitter().fit(chat(6), 8192).size.count, rel=0.1
    )
    fitter.learn(chat(6), longer, longer.count)
    assert fitter.fit(chat(6), 8192).size == longer
    other = replace(chat(3), chat=8)
    assert fitter.fit(other, 8192).size.count == first.count


def test_what_cannot_be_is_not_believed() -> None:
    fitter = PromptFitter()
    size = fitter.fit(chat(3), 8192).size
    for counted in (0, -5, 1, size.count // 3, size.count * 5, 10**30):
        fitter.learn(chat(3), size, counted)
    assert fitter.fit(chat(3), 8192).size == size
    fitter.learn(replace(chat(3), chat=None), size, round(size.count * 0.8))
    fitter.learn(chat(3), replace(size, estimated=False), round(size.count * 0.8))
    fitter.learn(chat(3), Prompt(0, 0, estimated=True), 5)
    assert fitter.fit(chat(3), 8192).size == size


def fitting(request: Request, count: int, context: int = 4096, **more: Any) -> FittingRequest:
    return FittingRequest(request, Prompt(count, context, **{"estimated": True} | more))


def test_a_cut_is_told_by_what_the_server_has_counted() -> None:
    asked = Request(OTHER, (question("?"),))
    ollama = ServerKind.OLLAMA
    # Ollama leaves 2,050 of 4,096 tokens; estimates of what is longer are 3,930 at least.
    for count in (3930, 4200, 8000):
        assert is_cut(fitting(asked, count), ollama, 2050)
        assert is_cut(fitting(asked, count), ServerKind.OTHER, 2050)
    assert is_cut(fitting(asked, 4100, estimated=False), ollama, 2050)
    assert is_cut(fitting(asked, 4100, estimated=False), ollama, 3000)
    assert is_cut(fitting(asked, 9000, 0), ollama, 2050), "it does not say its context"


def test_nothing_else_is_taken_for_a_cut() -> None:
    asked = Request(OTHER, (question("?"),))
    ollama, other = ServerKind.OLLAMA, ServerKind.OTHER
    for counted in (0, -1, 2800, 4095, 10**9):  # it does not say, or the estimate is too high
        assert not is_cut(fitting(asked, 4095), ollama, counted)
    assert not is_cut(fitting(asked, 4000, estimated=False), ollama, 3500)
    # It may count only what was not in its cache, or a letter for a quarter of a token.
    assert not is_cut(fitting(asked, 2000), other, 20)
    assert not is_cut(fitting(asked, 9000, 0), other, 20)
    # The model was not told of its tools, or not shown its reasoning.
    tools = (ToolNamespace("functions"),)
    assert not is_cut(fitting(replace(asked, tools=tools), 4000, opening=3900), ollama, 100)
    told = Message(Role.TOOL, (Part("7", PartKind.RESULT, "functions.x"),))
    assert not is_cut(fitting(replace(asked, messages=(told,)), 4000), ollama, 100)


def test_a_cut_corrects_no_estimate() -> None:
    fitter = PromptFitter()
    size = fitter.fit(chat(3), 8192).size
    fitter.learn(chat(3), size, round(0.8 * size.count))
    corrected = fitter.fit(chat(3), 8192).size
    fitter.learn(chat(3), corrected, round(0.52 * corrected.count))
    assert fitter.fit(chat(3), 8192).size == corrected


def test_corrections_do_not_pile_up() -> None:
    fitter = PromptFitter()
    for at in range(300):
        fitter.learn(replace(chat(1), chat=at), Prompt(100, 0, estimated=True), 90)
    assert len(fitter._corrections) == 200


def test_a_backend_knows_the_context_once_the_model_is_loaded(tmp_path: Path) -> None:
    network = Network(tmp_path / "connections.log")
    client = EndpointClient(lambda: network)
    secrets = Secrets(tmp_path)
    endpoints = EndpointList(tmp_path / "endpoints.json", secrets, tmp_path / "none.toml")
    ollama = Ollama(context=2048)
    with serving(ollama) as server:
        saved = SavedEndpoint(Endpoint(server.url, "gpt-oss:20b"), ServerKind.OLLAMA)
        endpoints.save(saved)
        backend = RemoteBackend(lambda: client, endpoints)
        request = chat(20, saved.model)
        cancel = threading.Event()
        before = backend.count(request, cancel)
        assert before
        assert (before.context, before.dropped) == (0, 0)
        for _ in backend.load(saved.model, cancel):
            pass
        after = backend.count(request, cancel)
        assert after
        assert after.context == 2048
        assert after.dropped > 0
        server.say(Said("By boat."))
        list(backend.stream(request, cancel))
        (prompt,) = ollama.prompts
        assert len(prompt) == len(request.messages) - after.dropped
        with pytest.raises(ContextFull):
            list(backend.stream(replace(request, messages=(question("word " * 9000),)), cancel))
        assert len(ollama.prompts) == 1


def test_a_server_is_asked_as_what_it_was_found_to_be(tmp_path: Path) -> None:
    """An administrator's file does not say what runs there."""
    network = Network(tmp_path / "connections.log")
    client = EndpointClient(lambda: network)
    endpoints = EndpointList(tmp_path / "endpoints.json", Secrets(tmp_path))
    with serving(LmStudio()) as server:
        saved = SavedEndpoint(Endpoint(server.url, server.dialect.model))
        endpoints.save(saved)
        backend = RemoteBackend(lambda: client, endpoints)
        for _ in backend.load(saved.model, threading.Event()):
            pass
        server.say(Said("By boat."))
        list(backend.stream(replace(chat(1), model=saved.model), threading.Event()))
        assert server.answers[-1].path == "/v1/responses"


# --- The vocabulary ------------------------------------------------------------------------------


def test_the_vocabulary_is_built_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = resource("models", "demo-gpt-oss.gguf")
    monkeypatch.setattr(local_vocabulary, "_WHOLE", 100)
    threads = []
    jobs = Jobs("vocabulary")

    def find() -> list[Path]:
        threads.append(threading.current_thread())
        return [demo.with_name("missing.gguf"), Path(__file__), demo]

    found = LocalVocabulary(jobs, find)
    assert threads == []
    assert found.at_hand() is None or threads
    jobs._pool.shutdown()
    chat_format = found.at_hand()
    assert isinstance(chat_format, HarmonyFormat)
    assert threads
    assert threads[0] is not threading.current_thread()
    jobs.close()


def test_no_vocabulary_is_built_while_fireside_ends() -> None:
    jobs = Jobs("vocabulary")
    jobs.stop()
    assert LocalVocabulary(jobs, lambda: pytest.fail("it is searched for")).at_hand() is None
    jobs.close()


def test_a_small_vocabulary_is_not_the_real_one() -> None:
    jobs = Jobs("vocabulary")
    found = LocalVocabulary(jobs, lambda: [resource("models", "demo-gpt-oss.gguf")])
    found.at_hand()
    jobs._pool.shutdown()
    assert found.at_hand() is None
    jobs.close()


def test_all_formats_that_estimate_share_their_counts() -> None:
    formats = EstimatingFormats()
    assert formats.corrected(1.0).render(chat(1)) == formats.corrected(1.0).render(chat(1))
