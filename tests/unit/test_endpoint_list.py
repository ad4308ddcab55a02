"""The list of models behind endpoints, their addresses, keys, and the administrator's part."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.base import file_lock
from app.base.errors import (
    Cancelled,
    EndpointsDamaged,
    EndpointsUnwritable,
    SecretUnreadable,
    SystemFileBroken,
    SystemFileError,
    SystemFileKeyUnknown,
    SystemFileUnsafe,
    SystemFileValueWrong,
)
from app.base.file_lock import changing, try_lock
from app.base.files import replace_text
from app.base.secrets import Secrets
from app.base.types import Endpoint
from app.engine.remote import endpoint_list
from app.engine.remote.endpoint_jobs import EndpointJobs
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_server import SavedEndpoint, ServerKind, is_exposed, server_url
from app.tools.tool_events import Outgoing
from app.wording.answered_by import leaving_sentence, place_on_network
from app.wording.departure_words import departure_question
from tests.fakes.administrator import Administrator

GPU = SavedEndpoint(
    Endpoint("https://gpu.example.org/v1", "openai/gpt-oss-120b"), ServerKind.VLLM, "0.33", 131072
)
SMALL = SavedEndpoint(Endpoint("https://gpu.example.org/v1", "gpt-oss-20b"))
HERE = SavedEndpoint(Endpoint("http://localhost:11434/v1", "gpt-oss:20b"), ServerKind.OLLAMA)

Open = Callable[[], EndpointList]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "endpoints.json"


@pytest.fixture
def shared(administrator: Administrator) -> Path:
    return administrator.system / "endpoints.toml"


@pytest.fixture
def open_list(path: Path, shared: Path) -> Open:
    return lambda: EndpointList(path, Secrets(path.parent), shared)


# --- The user's ---


def test_what_is_saved_is_there_after_a_restart(open_list: Open) -> None:
    endpoints = open_list()
    assert endpoints.all() == ()
    for each in (GPU, HERE, SMALL):
        endpoints.save(each)
    changed = SavedEndpoint(GPU.endpoint, GPU.kind, "0.34", 65536, name="The big one")
    endpoints.save(changed)
    again = open_list()
    assert again.all() == (changed, HERE, SMALL)
    assert again.find("https://gpu.example.org/v1#openai/gpt-oss-120b") == changed.model
    assert again.find("https://gpu.example.org/v1#another") is None
    assert again.of(HERE.endpoint) == HERE
    assert again.take_faults() == ()


def test_the_file_goes_with_its_last_entry(open_list: Open, path: Path) -> None:
    endpoints = open_list()
    endpoints.save(GPU)
    assert path.exists()
    endpoints.remove(GPU.endpoint)
    assert not path.exists()
    assert open_list().all() == ()


def test_another_process_may_change_the_file(open_list: Open) -> None:
    here, there = open_list(), open_list()
    here.save(GPU)
    assert there.all() == (GPU,)
    there.save(HERE)
    here.save(SMALL)
    assert here.all() == there.all() == (GPU, HERE, SMALL)
    there.remove(GPU.endpoint)
    assert here.all() == (HERE, SMALL)


def test_threads_lose_nothing(open_list: Open) -> None:
    endpoints = open_list()
    many = [SavedEndpoint(Endpoint(GPU.endpoint.url, f"model {n}")) for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(endpoints.save, many))
        list(pool.map(lambda each: endpoints.remove(each.endpoint), many[::2]))
    assert set(endpoints.all()) == set(many[1::2])
    assert set(open_list().all()) == set(many[1::2])


def test_it_can_be_read_while_it_is_written(
    open_list: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window reads it, and must not wait for a slow disk."""
    endpoints = open_list()
    endpoints.save(GPU)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(path: Path, text: str) -> None:
        begun.set()
        assert go_on.wait(60)
        replace_text(path, text)

    monkeypatch.setattr(endpoint_list, "replace_text", slowly)
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(endpoints.save, HERE)
        try:
            assert begun.wait(60)
            assert endpoints.all() == (GPU,)
        finally:
            go_on.set()
        saved.result()
    assert endpoints.all() == (GPU, HERE)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"endpoints": {}}', b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}'],
)
def test_a_damaged_file_is_put_aside_and_said_once(
    open_list: Open, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    endpoints = open_list()
    assert endpoints.all() == ()
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, EndpointsDamaged)
    assert fault.detail
    assert fault.kept == path.with_name("endpoints.json.1.old")
    assert fault.kept.read_bytes() == content
    assert endpoints.take_faults() == ()
    assert open_list().take_faults() == ()
    endpoints.save(GPU)
    assert open_list().all() == (GPU,)


def test_what_waits_to_mend_the_file_keeps_nobody_from_reading(
    open_list: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()

    def watched(file: int) -> bool:
        if not (is_locked := try_lock(file)):
            waits.set()
        return is_locked

    path.write_bytes(b"{damaged")
    endpoints = open_list()
    monkeypatch.setattr(file_lock, "try_lock", watched)
    monkeypatch.setattr(file_lock, "_LONGEST_S", 30.0)
    with ThreadPoolExecutor(1) as pool:
        with changing(path):  # as another process, or a thread that changes the list
            mending = pool.submit(endpoints.all)
            assert waits.wait(60)
            assert endpoints.all() == ()
            assert not mending.done()
        assert mending.result() == ()
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, EndpointsDamaged)
    assert fault.kept


def test_what_can_be_read_of_a_damaged_file_is_kept(open_list: Open, path: Path) -> None:
    open_list().save(GPU)
    open_list().save(HERE)
    raw = json.loads(path.read_text("utf-8"))
    odd = [
        7,
        {},
        {"endpoint": {"url": "ftp://there", "model": "a"}},
        {"endpoint": {"url": "https://there/v1", "model": ""}},
        {"endpoint": {"url": "https://there/v1", "model": "a"}, "context": "many"},
        {"endpoint": {"url": "https://there/v1", "model": "a"}, "context": -1},
    ]
    raw["endpoints"][1:1] = odd
    path.write_text(json.dumps(raw), "utf-8")
    endpoints = open_list()
    assert endpoints.all() == (GPU, HERE)
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, EndpointsDamaged)
    assert len(fault.detail.splitlines()) == len(odd)
    assert open_list().all() == (GPU, HERE)


def test_of_a_later_version_what_is_known_is_used(open_list: Open, path: Path) -> None:
    open_list().save(GPU)
    raw = json.loads(path.read_text("utf-8"))
    raw["endpoints"][0] |= {"kind": "a new server", "colour": "red"}
    path.write_text(json.dumps(raw | {"more": []}), "utf-8")
    endpoints = open_list()
    assert [each.kind for each in endpoints.all()] == [ServerKind.OTHER]
    assert endpoints.take_faults() == ()


def test_the_user_can_share_nothing_with_everyone(open_list: Open, path: Path) -> None:
    open_list().save(GPU)
    raw = json.loads(path.read_text("utf-8"))
    raw["endpoints"][0]["shared"] = True
    path.write_text(json.dumps(raw), "utf-8")
    assert open_list().all() == (GPU,)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may do anything")
def test_a_disk_that_cannot_be_written_is_said_and_changes_nothing(
    open_list: Open, path: Path
) -> None:
    endpoints = open_list()
    endpoints.save(GPU)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(EndpointsUnwritable):
            endpoints.save(HERE)
        assert endpoints.all() == (GPU,)
    finally:
        path.parent.chmod(0o700)
    endpoints.save(HERE)
    assert open_list().all() == (GPU, HERE)


def test_a_full_disk_is_said_and_changes_nothing(
    open_list: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints = open_list()
    endpoints.save(GPU)

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.engine.remote.endpoint_list.replace_text", full)
        with pytest.raises(EndpointsUnwritable) as caught:
            endpoints.save(HERE)
        assert caught.value.reason == "No space left on device"
        assert endpoints.all() == (GPU,)
    assert open_list().all() == (GPU,)


def test_a_file_that_cannot_be_read_now_is_never_replaced(
    open_list: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_list().save(GPU)
    before = path.read_bytes()
    endpoints = open_list()

    def refused(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(endpoint_list, "read_regular", refused)
        assert endpoints.all() == ()
        (fault,) = endpoints.take_faults()
        assert isinstance(fault, EndpointsDamaged)
        assert (fault.detail, fault.kept) == ("Permission denied", None)
        with pytest.raises(EndpointsUnwritable):
            endpoints.save(HERE)
        assert endpoints.take_faults() == ()
    assert path.read_bytes() == before
    assert endpoints.all() == (GPU,)
    endpoints.save(HERE)
    assert open_list().all() == (GPU, HERE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_in_the_place_of_a_file_holds_nobody(
    open_list: Open, path: Path, shared: Path
) -> None:
    shared.parent.mkdir(parents=True, exist_ok=True)
    for each in (path, shared):
        os.mkfifo(each)
    endpoints = open_list()
    assert endpoints.all() == ()
    assert {each.path for each in endpoints.take_faults()} == {path, shared}
    with pytest.raises(EndpointsUnwritable):
        endpoints.save(GPU)


def test_a_file_that_is_too_large_is_not_read_and_stays(open_list: Open, path: Path) -> None:
    path.write_bytes(b" " * (5 << 20))
    endpoints = open_list()
    assert endpoints.all() == ()
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, EndpointsDamaged)
    with pytest.raises(EndpointsUnwritable):
        endpoints.save(GPU)
    assert path.stat().st_size == 5 << 20


# --- Keys ---


def test_a_server_has_one_key_that_goes_with_its_last_model(open_list: Open, path: Path) -> None:
    endpoints = open_list()
    for each in (GPU, SMALL, HERE):
        endpoints.save(each)
    assert endpoints.key(GPU.endpoint.url) == ""
    endpoints.keep_key(GPU.endpoint.url, "sk-1")
    endpoints.keep_key(HERE.endpoint.url, "sk-2")
    assert "sk-" not in path.read_text("utf-8")
    assert open_list().key(SMALL.endpoint.url) == "sk-1"
    endpoints.remove(GPU.endpoint)
    assert endpoints.key(SMALL.endpoint.url) == "sk-1"
    endpoints.remove(SMALL.endpoint)
    assert endpoints.key(SMALL.endpoint.url) == ""
    assert endpoints.key_place(SMALL.endpoint.url) is None
    assert Secrets(path.parent).names() == ("endpoint http://localhost:11434/v1",)
    endpoints.keep_key(HERE.endpoint.url, "")
    assert Secrets(path.parent).names() == ()


def test_the_keyring_is_asked_once_for_a_key(
    open_list: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That starts a process, and each round of an answer needs the key."""
    endpoints, url, asked = open_list(), GPU.endpoint.url, []
    get = Secrets.get

    def counted(self: Secrets, name: str, stop: threading.Event | None = None) -> str | None:
        asked.append(name)
        return get(self, name, stop)

    monkeypatch.setattr(Secrets, "get", counted)
    for key in ("sk-1", "sk-2"):
        endpoints.keep_key(url, key)
        assert [endpoints.key(url) for _ in range(3)] == [key] * 3
    assert len(asked) == 2
    endpoints.keep_key(url, "")
    assert endpoints.key(url) == ""


def test_a_locked_keyring_is_no_missing_key(
    open_list: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints = open_list()
    secrets = Secrets(Path(endpoints._path.parent))
    secrets.path.write_text(json.dumps({f"endpoint {GPU.endpoint.url}": {"keyring": "gone"}}))
    with pytest.raises(SecretUnreadable):
        endpoints.key(GPU.endpoint.url)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.fakes.keyrings.HangingKeyring")
    stop = threading.Event()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    with pytest.raises(Cancelled):  # it may wait for a password that nobody types
        endpoints.key(GPU.endpoint.url, stop)
    timer.join()


# --- The administrator's ---


def share(path: Path, text: str) -> None:
    Administrator(path.parent).write(path.name, text)


def test_the_administrators_come_first_and_stay(open_list: Open, shared: Path) -> None:
    share(
        shared,
        """
        [[endpoint]]
        address = "gpu.example.org"
        model = "openai/gpt-oss-120b"
        name = "Team"
        context = 131072

        [[endpoint]]
        address = "http://10.0.0.7:8000/v1/"
        model = "gpt-oss-20b"
        unencrypted = true
        """,
    )
    endpoints = open_list()
    endpoints.save(HERE)
    endpoints.save(GPU)  # hidden by the administrator's
    team, plain, here = endpoints.all()
    assert team.shared
    assert (team.endpoint, team.name, team.context) == (GPU.endpoint, "Team", 131072)
    assert plain.endpoint == Endpoint("http://10.0.0.7:8000/v1", "gpt-oss-20b")
    assert plain.shared
    assert not plain.exposed
    assert here == HERE
    before = shared.read_bytes()
    endpoints.keep_key(team.endpoint.url, "mine")
    endpoints.remove(team.endpoint)
    assert endpoints.all() == (team, plain, here)
    assert endpoints.key(team.endpoint.url) == "mine", "it is still the key of the shared one"
    assert shared.read_bytes() == before
    assert endpoints.take_faults() == ()


@pytest.mark.parametrize(
    "text",
    [
        '[[endpoint]]\naddress = "https://gpu.example.org"',
        '[[endpoint]]\nmodel = "a"',
        '[[endpoint]]\naddress = "https://a:b@gpu.example.org"\nmodel = "a"',
        '[[endpoint]]\naddress = "http://gpu.example.org"\nmodel = "a"',
        '[[endpoint]]\naddress = "https://gpu.example.org"\nmodel = "a"\ncontext = "many"',
        '[[endpoint]]\naddress = "https://gpu.example.org"\nmodel = "a"\ncontext = -1',
        '[[endpoint]]\naddress = "https://gpu.example.org"\nmodel = "a"\nunencrypted = "yes"',
        '[[endpoint]]\naddress = "http://gpu.example.org"\nmodel = "a"\nunencripted = true',
        'endpoint = ["https://gpu.example.org"]\n#',
    ],
)
def test_damage_of_the_administrators_file_is_said_once_and_the_rest_works(
    open_list: Open, shared: Path, text: str
) -> None:
    good = '\n[[endpoint]]\naddress = "https://ok.example.org"\nmodel = "b"\n'
    share(shared, text + (good if text.startswith("[[") else ""))
    endpoints = open_list()
    endpoints.save(HERE)
    found = [each.endpoint.model for each in endpoints.all()]
    assert found == (["b"] if text.startswith("[[") else []) + [HERE.endpoint.model]
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, EndpointsDamaged)
    assert fault.shared
    assert (fault.path, fault.kept) == (shared, None)
    assert endpoints.take_faults() == ()
    assert endpoints.all() == endpoints.all()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("endpoint", SystemFileBroken),
        ("endpoint = 7", SystemFileValueWrong),
        ('[[server]]\naddress = "https://gpu.example.org"', SystemFileKeyUnknown),
    ],
)
def test_a_file_of_the_administrator_may_be_refused_as_a_whole(
    open_list: Open, shared: Path, text: str, fault: type[SystemFileError]
) -> None:
    share(shared, text)
    endpoints = open_list()
    endpoints.save(HERE)
    assert endpoints.all() == (HERE,)
    (found,) = endpoints.take_faults()
    assert type(found) is fault


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_file_that_others_can_write_is_refused(open_list: Open, shared: Path) -> None:
    share(shared, '[[endpoint]]\naddress = "https://evil.example.org"\nmodel = "a"\n')
    shared.chmod(0o666)
    endpoints = open_list()
    assert endpoints.all() == ()
    (fault,) = endpoints.take_faults()
    assert isinstance(fault, SystemFileUnsafe)


# --- Addresses ---


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://gpu.example.org", "https://gpu.example.org/v1"),
        (" https://GPU.example.org/v1/ ", "https://gpu.example.org/v1"),
        ("gpu.example.org:8000", "https://gpu.example.org:8000/v1"),
        ("gpu", "https://gpu/v1"),
        ("https://gpu.example.org:443/v1/chat/completions", "https://gpu.example.org/v1"),
        ("http://10.0.0.7:80/v1/models", "http://10.0.0.7/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://gpu.example.org/openai/", "https://gpu.example.org/openai"),
        ("localhost:11434", "http://localhost:11434/v1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000/v1"),
        ("[::]:8000", "http://[::1]:8000/v1"),
        ("http://[2001:DB8::0:1]:8000", "http://[2001:db8::1]:8000/v1"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
        ("HTTPS://gpu.example.org", "https://gpu.example.org/v1"),
    ],
)
def test_addresses_become_one_form(typed: str, url: str) -> None:
    assert server_url(typed) == url
    assert server_url(url) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "https:///v1",
        "ftp://gpu.example.org",
        "file:///etc/passwd",
        "javascript://x",
        "https://user:secret@gpu.example.org",
        "https://user@gpu.example.org",
        "https://gpu.example.org/v1?key=secret",
        "https://gpu.example.org/v1?",
        "https://gpu.example.org/v1#gpt-oss",
        "https://gpu.example.org/v1#",
        "https://gpu.example.org:99999",
        "https://gpu.example.org:port",
        "https://gpu example.org",
        "https://gpu.example.org/v1 and more",
        "https://gpu.example.org\\@evil.example",
        "https://gpu.example.org\nevil",
        "https://[::1",
        "https://[nonsense]/v1",
        "https://-gpu/",
        "https://" + "a" * 300,
        "https://gpu.example.org/\u202ev1",
        "https://gpu.example.org..",
        "https://gpu..example.org",
        "https://gpu.-example.org",
        "https://gpu.example.org%2eevil.example",
        "https://gpu.example.org\u200d.evil.example",
        "https://" + ".".join(["a" * 63] * 5),
        # IPv4, spelt in ways that not all programs understand alike.
        "http://2130706433",
        "http://0x7f000001",
        "http://127.1",
        "http://127.0.0.0x1",
        "http://010.0.0.1",
        "http://1.2.3.4.5",
        "http://[fe80::1%]:8000",
        "http://[fe80::1%\u0435th0]:8000",
        "http://[2001:db8::1%eth0]:8000",
        "http://[::1%lo]:8000",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert server_url(typed) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://gpu.example.org", "https://GPU.EXAMPLE.ORG.:0443/v1"),
        ("https://gpu.example.org", "https://ｇｐｕ。example．org"),
        ("https://straße.example", "https://STRASSE.example".replace("SS", "ẞ")),
        ("https://bücher.example", "https://XN--Bcher-KVA.example."),
        ("https://bücher.example", "https://bu\u0308cher.example"),
        ("http://10.0.0.7:80", "http://10.0.0.7."),
        ("http://10.0.0.7", "http://[::ffff:10.0.0.7]"),
        ("http://10.0.0.7", "http://[::FFFF:a00:7]:80"),
        ("http://localhost:8000", "http://LOCALHOST.:8000"),
        ("http://[2001:db8::1]", "http://[2001:0DB8:0::0001]:80"),
        ("http://[fe80::1%eth0]:8000", "http://[FE80::1%25eth0]:8000"),
    ],
)
def test_one_host_has_one_origin(one: str, other: str) -> None:
    urls = server_url(one), server_url(other)
    assert urls[0] is not None
    assert urls[0] == urls[1]
    assert urls[0].isascii()
    assert Endpoint(urls[0], "m").origin in urls[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://gpu.example.org", "http://gpu.example.org"),
        ("https://gpu.example.org", "https://gpu.example.org:80"),
        ("https://gpu.example.org:8000", "https://gpu.example.org:8001"),
        ("https://gpu.example.org", "https://gpu.ex\u0430mple.org"),  # Cyrillic
        ("https://gpu.example.org", "https://gpu.examp\u0131e.org"),
        ("https://strasse.example", "https://straße.example"),
        ("https://gpu.example.org", "https://gpu.example.org.evil.example"),
        ("http://10.0.0.7", "http://[2001:db8::a00:7]"),
        ("http://[fe80::1%eth0]", "http://[fe80::1%eth1]"),
    ],
)
def test_another_host_has_another_origin_and_is_seen_to_be_another(one: str, other: str) -> None:
    urls = server_url(one), server_url(other)
    assert urls[0]
    assert urls[1]
    first, second = (Endpoint(url, "m") for url in urls if url)
    assert first.origin != second.origin
    shown = [place_on_network(each.origin) for each in (first, second)]
    assert shown[0] != shown[1]
    assert all(each.isascii() for each in shown)


def test_a_script_that_looks_like_another_is_shown_as_it_is_looked_up() -> None:
    url = server_url("https://gpu.ex\u0430mple.org")
    assert url
    model = SavedEndpoint(Endpoint(url, "m")).model
    assert "gpu.xn--exmple-4nf.org" in leaving_sentence(model)
    assert "gpu.xn--exmple-4nf.org" in departure_question(Outgoing(model.origin, ()))


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("https://gpu.example.org/v1", False),
        ("http://gpu.example.org/v1", True),
        ("http://192.168.1.7:8000/v1", True),
        ("http://localhost:8000/v1", False),
        ("http://127.0.0.1/v1", False),
        ("http://127.8.9.10/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://localhost.example.org/v1", True),
        ("http://127.0.0.1.example.org/v1", True),
    ],
)
def test_what_can_be_read_on_its_way_is_known(url: str, exposed: bool) -> None:
    assert server_url(url) == url
    assert is_exposed(url) is exposed
    saved = SavedEndpoint(Endpoint(url, "m"))
    assert saved.exposed is exposed
    assert not SavedEndpoint(Endpoint(url, "m"), unencrypted=True).exposed


def test_a_models_name_is_one_line() -> None:
    name = "gpt\n-oss\x00\u202e" + "x" * 1000
    saved = SavedEndpoint(Endpoint(GPU.endpoint.url, name))
    assert saved.model.name.isprintable()
    assert len(saved.model.name) <= 200
    assert saved.model.key == f"{GPU.endpoint.url}#{name}"


def test_what_a_test_found_changes_nothing_that_the_user_has_done_meanwhile(path: Path) -> None:
    endpoints = EndpointList(path, Secrets(path.parent))
    endpoints.save(replace(GPU, name="Ours"))
    endpoints.learn(replace(GPU, kind=ServerKind.SGLANG, version="1", context=4096))
    learnt = replace(GPU, name="Ours", kind=ServerKind.SGLANG, version="1", context=4096)
    assert endpoints.all() == (learnt,)
    endpoints.remove(GPU.endpoint)
    endpoints.learn(replace(GPU, kind=ServerKind.VLLM, version="2", context=8192))
    assert endpoints.all() == ()


def test_what_is_removed_while_it_is_saved_is_gone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints = EndpointList(path, Secrets(path.parent))
    keep, removed = endpoints.keep_key, threading.Event()

    def slow(url: str, key: str) -> object:
        removed.wait(0.2)  # in which another thread would have been faster
        return keep(url, key)

    monkeypatch.setattr(endpoints, "keep_key", slow)
    with closing(EndpointJobs(NotImplemented, endpoints)) as jobs:
        saved = jobs.save(GPU, "sk-1")
        gone = jobs.remove(GPU.endpoint)
        gone.add_done_callback(lambda _: removed.set())
        saved.result(60)
        gone.result(60)
        assert endpoints.all() == ()
