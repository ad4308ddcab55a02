"""Which server is found at an address, and what of hostile ones is believed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.base import errors as e
from app.base import outside
from app.engine.remote import detection, usual_ports
from app.engine.remote.detection import examine, find_server, load_into_memory, root_of
from app.engine.remote.remote_server import RemoteServer, ServedHere, ServerKind
from app.engine.remote.server_reply import context_of, json_of, models_of, version_of
from app.network.client import Network
from app.network.endpoint_client import EndpointClient
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.openrouter import OpenRouter
from tests.fakes.remote.player import serving
from tests.fakes.remote.said import Said, Seen
from tests.fakes.remote.sglang import SgLang
from tests.fakes.remote.vllm import Vllm
from tests.fakes.remote.wire import Asked, Dialect, Frame, Refusal, Reply

KEY = "canary-3f9a1c7e"


class Site:
    """A server with an answer for each path, and 404 for all others."""

    base, model = "/v1", "x"

    def __init__(self, **paths: Any) -> None:
        self.prompts: list[list[Seen]] = []
        self.paths = {f"/{path.replace('__', '/')}": body for path, body in paths.items()}

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        body = self.paths.get(asked.path)
        if isinstance(body, Reply):
            return body
        return Reply(404, {"detail": "Not Found"}) if body is None else Reply(body=body)

    def refuse(self, why: Refusal) -> Reply:
        raise NotImplementedError

    def late_error(self) -> list[Frame]:
        return []

    def dumps(self, value: Any) -> str:
        return json.dumps(value)


def listed(*models: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(models)}


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "connections.log")


@pytest.fixture
def client(network: Network) -> EndpointClient:
    return EndpointClient(lambda: network)


def look(client: EndpointClient, url: str, key: str = "") -> RemoteServer:
    return examine(client, url, key, threading.Event())


META = {"n_ctx": 8192, "n_ctx_train": 131072}
KNOWN: list[tuple[Dialect, ServerKind, str, int]] = [
    (Vllm(), ServerKind.VLLM, "0.33.0", 131_072),
    (SgLang(), ServerKind.SGLANG, "0.5.23", 131_072),
    (Ollama(), ServerKind.OLLAMA, "0.33.0", 8192),
    (Ollama(context=0), ServerKind.OLLAMA, "0.33.0", 0),
    (LmStudio(), ServerKind.LM_STUDIO, "", 16_384),
    (LmStudio(old=True), ServerKind.LM_STUDIO, "", 16_384),
    (LmStudio(context=0), ServerKind.LM_STUDIO, "", 0),
    (OpenRouter(key=KEY), ServerKind.OPENROUTER, "", 131_072),
    (
        Site(
            v1__models={"models": [], **listed({"id": "m", "owned_by": "llamacpp", "meta": META})},
            props={"build_info": "b9554-d403f00ec"},
        ),
        ServerKind.LLAMA_SERVER,
        "b9554",
        8192,
    ),
    (
        Site(
            v1__models=listed({"id": "m", "owned_by": "llamacpp"}),
            props={"default_generation_settings": {"n_ctx": 4096}},
        ),
        ServerKind.LLAMA_SERVER,
        "",
        4096,
    ),
    (
        Site(v1__models=listed({"id": "m.gguf", "owned_by": "me", "permissions": []})),
        ServerKind.LLAMA_CPP_PYTHON,
        "",
        0,
    ),
    (
        Site(v1__models=listed({"id": "m", "owned_by": "openai", "status": {"value": "loaded"}})),
        ServerKind.TRANSFORMERS,
        "",
        0,
    ),
    (
        Site(v1__models=listed({"id": "m", "owned_by": "fireside", "max_model_len": 4096})),
        ServerKind.FIRESIDE,
        "",
        4096,
    ),
    (Site(v1__models=listed({"id": "m", "context_window": 32768})), ServerKind.OTHER, "", 32768),
]


@pytest.mark.parametrize(("dialect", "kind", "version", "context"), KNOWN)
def test_kinds(
    client: EndpointClient, dialect: Dialect, kind: ServerKind, version: str, context: int
) -> None:
    with serving(dialect) as server:
        found = look(client, server.url, KEY)
    assert (found.url, found.kind, found.version) == (server.url, kind, version)
    assert [each.context for each in found.models] == [context]
    assert all(asked.key == KEY for asked in server.asked)
    assert len(server.asked) <= 5


def test_services_are_known_by_their_host() -> None:
    for host, kind in {
        "api.openai.com/v1": ServerKind.OPENAI,
        "openrouter.ai/api/v1": ServerKind.OPENROUTER,
        "openrouter.ai.example/v1": ServerKind.OTHER,
    }.items():
        assert detection._kind_by_list(f"https://{host}", listed({"id": "a"})) is kind


def test_openai_behind_another_address_is_no_known_server(client: EndpointClient) -> None:
    with serving(OpenAi()) as server:
        assert look(client, server.url, "sk-test").kind is ServerKind.OTHER


def test_num_ctx_of_a_model_that_is_not_loaded(client: EndpointClient) -> None:
    show = {"parameters": 'temperature    1\nnum_ctx                        8192\nstop  "x"'}
    site = Site(
        v1__models=listed({"id": "a", "owned_by": "library"}),
        api__version={"version": "0.33.0"},
        api__tags={"models": []},
        api__ps={"models": []},
        api__show=show,
    )
    with serving(site) as server:
        assert look(client, server.url).models == (ServedHere("a", 8192),)


class Sleeping(Ollama):
    """Ollama before it has loaded its model, which ``generate`` answers."""

    def __init__(self, generate: Reply | None = None) -> None:
        super().__init__(context=0)
        self.generate = generate

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if asked.path == "/api/generate":
            assert asked.json == {"model": self.model, "stream": False}
            self.context = 4096 if self.generate is None else 0
            done = {"model": self.model, "response": "", "done": True, "done_reason": "load"}
            return self.generate or Reply(body=done)
        return super().answer(asked, say)


def test_ollama_loads_a_model_so_that_its_context_is_known(client: EndpointClient) -> None:
    def loaded(sleeping: Sleeping) -> int:
        with serving(sleeping) as server:
            found = look(client, server.url)
            assert found.context(sleeping.model) == 0
            found = load_into_memory(client, found, sleeping.model, KEY, threading.Event())
        return found.context(sleeping.model)

    assert loaded(Sleeping()) == 4096
    assert loaded(Sleeping(Reply(404, b"404 page not found"))) == 0
    error = {"error": "model requires more system memory (62.0 GiB) than is available (15.5 GiB)"}
    with pytest.raises(e.ServerFailed) as caught:
        loaded(Sleeping(Reply(500, error)))
    assert "more system memory" in caught.value.message


def test_what_answers_everything_is_not_ollama(client: EndpointClient) -> None:
    class Anything(Site):
        def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
            if asked.path == "/v1/models":
                return Reply(body=listed({"id": "a", "owned_by": "x"}))
            return Reply(200, {"error": "Unexpected endpoint"})

    with serving(Anything()) as server:
        assert look(client, server.url) == RemoteServer(
            server.url, ServerKind.OTHER, "", (ServedHere("a"),)
        )


def test_the_interface_is_found_below_or_beside_the_address(client: EndpointClient) -> None:
    with serving(Site(api__v1__models=listed({"id": "a"}))) as server:
        assert look(client, f"{server.root}/api").url == f"{server.root}/api/v1"
    with serving(Site(v1__models=listed({"id": "a"}))) as server:
        assert look(client, f"{server.root}/chat").url == f"{server.root}/v1"


def test_a_server_without_models(client: EndpointClient) -> None:
    bodies: list[Any] = [{"object": "list", "data": None}, {"data": []}]
    for body in bodies:
        with serving(Site(v1__models=body)) as server:
            assert look(client, server.url).models == ()


class Unlisted(Vllm):
    """A vLLM behind a gateway that has no list of models at all, or an incomplete one.

    ``limit`` is the only name of the most tokens that it takes.
    """

    def __init__(self, listed: Reply, limit: str = "max_tokens") -> None:
        super().__init__()
        self.listed, self.limit = listed, limit

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if asked.path == "/v1/models":
            return self.listed
        if asked.path != "/v1/chat/completions":
            return Reply(404, b"404 page not found")
        if self.limit not in asked.json:
            error = {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}
            return Reply(400, {"error": error})
        return super().answer(asked, say)


GPT_OSS = "openai/gpt-oss-120b"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_a_list_is_tried_with_one_token(
    client: EndpointClient, status: int
) -> None:
    with serving(Unlisted(Reply(status, b"Not here"))) as server:
        with pytest.raises(e.ModelListMissing) as caught:
            look(client, server.url)
        assert caught.value.received == "Not here"
        assert server.answers == []
        server.say(Said("Hi"))
        for url in (server.url, f"{server.root}/chat"):
            server.say(Said("Hi"))
            found = examine(client, url, "", threading.Event(), model=GPT_OSS)
            assert found == RemoteServer(
                server.url, ServerKind.OTHER, "", (ServedHere(GPT_OSS, unlisted=True),)
            )
        body = server.answers[-1].json
        assert body == {
            "model": GPT_OSS,
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 1,
            "stream": False,
        }
        with pytest.raises(e.RemoteModelMissing):
            examine(client, server.url, "", threading.Event(), model="other")


def test_a_model_beside_those_that_are_listed(client: EndpointClient) -> None:
    others = Reply(body=listed({"id": "a", "owned_by": "vllm"}))
    with serving(Unlisted(others, "max_completion_tokens")) as server:
        found = examine(client, server.url, "", threading.Event(), model="a")
        assert found.models == (ServedHere("a"),)
        assert server.answers == []
        server.say(Said("Hi"))
        found = examine(client, server.url, "", threading.Event(), model=GPT_OSS)
        assert found.models == (ServedHere(GPT_OSS, unlisted=True), ServedHere("a"))
        assert found.kind is ServerKind.VLLM
        assert "max_tokens" not in server.answers[-1].json


def test_what_is_no_server_of_models_is_not_added_by_an_id(client: EndpointClient) -> None:
    with serving(Site()) as server, pytest.raises(e.ServerForeign):
        examine(client, server.url, "", threading.Event(), model=GPT_OSS)
    html = Reply(200, b"<!DOCTYPE html><title>Welcome</title>")
    site = Site(v1__models=Reply(404, b""), v1__chat__completions=html)
    with serving(site) as server, pytest.raises(e.ServerForeign):
        examine(client, server.url, "", threading.Event(), model=GPT_OSS)


def test_a_list_that_needs_no_key_proves_none(client: EndpointClient) -> None:
    with serving(OpenRouter(key="sk-or-1")) as server:
        with pytest.raises(e.KeyRefused):
            look(client, server.url)
        with pytest.raises(e.KeyRefused):
            look(client, server.url, "sk-or-2")
        assert look(client, server.url, "sk-or-1").models


NO_LIST: list[tuple[Any, type[e.FiresideError]]] = [
    (Reply(200, b"<!DOCTYPE html><title>Log in</title>"), e.ServerForeign),
    (Reply(200, b"[" * 200_000), e.ServerForeign),
    (Reply(200, b'{"data":' * 20_000), e.ServerForeign),
    ({"data": "x"}, e.ServerForeign),
    ([1, 2], e.ServerForeign),
    (Reply(404, b"404 page not found"), e.ModelListMissing),
    (Reply(401, {"error": "Unauthorized"}), e.KeyRefused),
    (Reply(503, {"error": {"message": "Loading model", "code": 503}}), e.ServerLoading),
    (Reply(502, b"<title>502 Bad Gateway</title>"), e.ServerFailed),
    (Reply(302, b"", headers={"Location": "https://elsewhere.example/v1"}), e.ServerMoved),
    (Reply(200, b"x" * (17 << 20)), e.ServerForeign),
]


@pytest.mark.parametrize(("reply", "kind"), NO_LIST)
def test_no_list(client: EndpointClient, reply: Any, kind: type[e.FiresideError]) -> None:
    with serving(Site(v1__models=reply)) as server, pytest.raises(kind) as caught:
        look(client, server.url)
    assert type(caught.value) is kind


def test_hostile_lists_are_cut_to_what_can_be() -> None:
    hostile = listed(
        {"id": "fine", "max_model_len": 10**30},
        {"id": "fine"},
        {"id": "esc\x1b[31m"},
        {"id": "rtl\u202egpj"},
        {"id": "x" * 201},
        {"id": ""},
        {"id": 3},
        {"max_model_len": 5},
        {"id": "b", "max_model_len": True, "context_length": "131072", "meta": {"n_ctx": 512}},
        *({"id": f"m{at}"} for at in range(5000)),
    )
    hostile["data"][2:2] = [None, [], "x", 7]
    found = models_of(hostile)
    assert found is not None
    assert found[:2] == (ServedHere("fine"), ServedHere("b", 512))
    assert len(found) <= 2000
    assert models_of({"data": 3}) is models_of([]) is models_of(None) is None


def test_versions_and_sizes_are_what_they_can_be() -> None:
    for said, version in {
        "0.33.0": "0.33.0",
        "v1.2": "v1.2",
        "b9554-d403f00ec": "b9554-d403f00ec",
        "0.33.0\x1b[31m": "0.33.0",
        "evil": "",
        "1" * 500: "1" * 41,
    }.items():
        assert version_of(said) == version
    assert version_of(None) == version_of(3) == ""
    assert [context_of(each) for each in (4096, 1, 2**40, True, "4096", None, 1.5)] == [
        4096, 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert json_of(b"{") is json_of(b"[" * 100_000) is None


def test_a_server_that_fails_later_is_still_found(client: EndpointClient) -> None:
    site = Site(
        v1__models=listed({"id": "a", "owned_by": "vllm", "max_model_len": 4096}),
        version=Reply(302, b"", headers={"Location": "http://elsewhere.example/"}),
    )
    with serving(site) as server:
        found = look(client, server.url)
    assert found == RemoteServer(server.url, ServerKind.VLLM, "", (ServedHere("a", 4096),))


def test_roots() -> None:
    assert root_of("https://a.example/v1") == "https://a.example"
    assert root_of("https://a.example/api/v1") == "https://a.example"
    assert root_of("https://a.example/llm/v1") == "https://a.example/llm"
    assert root_of("https://a.example/llm") == "https://a.example/llm"


def test_an_address_as_it_is_typed(client: EndpointClient) -> None:
    with serving(Vllm()) as server:
        port = server.root.rpartition(":")[2]
        for text in (
            f"127.0.0.1:{port}",
            f" http://localhost:{port}/v1/ ",
            f"localhost:{port}/v1/chat/completions",
        ):
            found = find_server(client, text, "", threading.Event())
            assert found.kind is ServerKind.VLLM
            assert found.url.endswith(f":{port}/v1")
    for text in ("", "ftp://a.example", "https://user:pass@a.example", "a b"):
        with pytest.raises(e.ServerAddressInvalid):
            find_server(client, text, "", threading.Event())


def test_without_tls_a_guessed_address_is_offered(
    client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(client: object, url: str, *_: object, **__: object) -> RemoteServer:
        raise e.ServerWithoutTls(url, "wrong version number")

    monkeypatch.setattr(detection, "examine", fake)
    with pytest.raises(e.ServerUnencrypted) as caught:
        find_server(client, "gpu.example.org:8000", "", threading.Event())
    assert caught.value.url == "http://gpu.example.org:8000/v1"
    with pytest.raises(e.ServerWithoutTls):
        find_server(client, "https://gpu.example.org:8000", "", threading.Event())


# --- The usual ports ----------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def ports_are(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    monkeypatch.setattr(outside, "value", lambda name: list(ports))


def port_of(root: str) -> int:
    return int(root.rpartition(":")[2])


def test_the_ports_of_this_computer(
    client: EndpointClient, network: Network, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    assert outside.value("server_ports") == [11434, 1234, 8080, 8000]
    own = Site(v1__models=listed({"id": "demo", "owned_by": "fireside"}))
    told = "The access token is missing or wrong. Send Fireside's as 'Authorization: Bearer TOKEN'."
    locked = Site(v1__models=Reply(401, {"error": {"message": told, "code": "invalid_api_key"}}))
    page = Site(v1__models=Reply(200, b"<html>"))
    monkeypatch.setattr(usual_ports, "_SECONDS", 60.0)  # all of them answer
    wants_key = LmStudio(key="secret")
    with (
        serving(Ollama()) as ollama,
        serving(own) as first,
        serving(locked) as second,
        serving(page) as third,
        serving(wants_key) as fourth,
    ):
        servers = (ollama, first, second, third, fourth)
        ports_are(monkeypatch, *(port_of(each.root) for each in servers), closed_port)
        found = usual_ports.servers_here(client, threading.Event())
    assert found == (
        RemoteServer(ollama.url, ServerKind.OLLAMA, "0.33.0", (ServedHere("gpt-oss:20b", 8192),)),
        RemoteServer(fourth.url),
    )
    assert all(not asked.key for each in servers for asked in each.asked)
    assert {each.host.partition(":")[0] for each in network.log.read()} == {"127.0.0.1"}


def test_a_silent_port_holds_nobody_up(
    client: EndpointClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert network.certificates  # read once, which takes a while
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(Vllm()) as server:
        ports_are(monkeypatch, silent.getsockname()[1], port_of(server.root))
        (found,) = usual_ports.servers_here(client, threading.Event())
    assert found.kind is ServerKind.VLLM


def test_looking_is_cancelled(client: EndpointClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual_ports, "_SECONDS", 60.0)
    cancel = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports_are(monkeypatch, silent.getsockname()[1])
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(e.Cancelled):
            usual_ports.servers_here(client, cancel)


def test_offline_nobody_is_asked(
    client: EndpointClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.offline = True
    with serving(Vllm()) as server:
        ports_are(monkeypatch, port_of(server.root))
        with pytest.raises(e.Offline):
            usual_ports.servers_here(client, threading.Event())
        with pytest.raises(e.Offline):
            look(client, server.url)
    assert server.asked == []
