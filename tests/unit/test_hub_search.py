"""Searching for models on the hub: requests, validation of answers, and errors."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import huggingface_hub
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.base.errors import (
    CacheUnwritable,
    HubError,
    HubNotFound,
    HubRefused,
    HubUnreachable,
    Offline,
)
from app.engine import plan
from app.engine.probe import Machine
from app.models import catalog, hub_search
from app.models.catalog import HubFile, HubModel, Repository, Variant
from app.network import hub_client
from app.network.client import Network
from tests.fakes.hub import COMMIT, SILENT, Hub, serving

GIB = 1 << 30
SMALL = "unsloth/gpt-oss-20b-GGUF"
OTHER = "unsloth/Qwen3-8B-GGUF"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Yield a fake hub that huggingface_hub uses, too."""
    with serving() as hub:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.endpoint)
        hub.about = {
            OTHER: {"downloads": 900, "architecture": "qwen3", "sizes": {"Qwen3-8B-Q8_0.gguf": 8}},
            SMALL: {"downloads": 800, "likes": 7, "sizes": {"gpt-oss-20b-F16.gguf": 13}},
            "ggml-org/gpt-oss-20b-GGUF": {
                "downloads": 1000,
                "sizes": {"gpt-oss-20b-MXFP4.gguf": 12},
            },
            "openai/gpt-oss-20b": {"downloads": 9999, "sizes": {"model.safetensors": 1}},
        }
        yield hub
    huggingface_hub.close_session()


def _file(name: str, size: int) -> HubFile:
    """Return a file as the fake hub describes one without content."""
    return HubFile(name, size, hashlib.sha256(name.encode()).hexdigest())


def _of(hub: Hub, *files: str, **about: Any) -> tuple[Variant, ...]:
    """Return the variants of a repository with these files, each a byte larger than the last."""
    sizes = {file: 100 + n for n, file in enumerate(files)}
    hub.about["org/name"] = {"sizes": sizes} | about
    return hub_search.variants("org/name")


def test_what_matches_is_found_the_most_downloaded_first(hub: Hub) -> None:
    found = hub_search.search("GPT-oss 20b")
    assert [one.name for one in found] == ["ggml-org/gpt-oss-20b-GGUF", SMALL]
    assert found[1] == Repository(
        name=SMALL,
        downloads=800,
        likes=7,
        architecture="gpt-oss",
        parameters=20914757184,
        gated=False,
        updated=datetime(2025, 8, 25, 12, 34, 56, tzinfo=UTC),
    )


def test_it_asks_as_huggingface_hub_does(hub: Hub) -> None:
    """huggingface_hub's own methods find the same."""
    hub.page = 1
    api = huggingface_hub.HfApi()
    theirs = list(
        api.list_models(
            search="gpt-oss",
            filter="gguf",
            sort="downloads",
            limit=30,
            expand=["downloads", "gated", "gguf", "lastModified", "likes"],
        )
    )
    info = api.model_info(SMALL, files_metadata=True)
    asked, hub.questions = [sorted(_parameters(question)) for question in hub.questions], []
    ours = hub_search.search("gpt-oss")
    (variant,) = hub_search.variants(SMALL)
    assert [sorted(_parameters(question)) for question in hub.questions] == asked
    assert [(one.name, one.downloads, one.updated) for one in ours] == [
        (one.id, one.downloads, one.last_modified) for one in theirs
    ]
    assert theirs[0].gguf == info.gguf
    assert info.siblings
    assert {file.rfilename: file.size for file in info.siblings}[variant.model.files[0].name] == 13


def _parameters(question: str) -> list[tuple[str, str]]:
    """Return the parameters of a query; they spell true differently."""
    path, _, query = question.partition("?")
    return [("", path), *((name, value.lower()) for name, value in parse_qsl(query))]


def test_all_are_found_without_a_text(hub: Hub) -> None:
    assert [one.downloads for one in hub_search.search("")] == [1000, 900, 800]


def test_no_more_than_was_asked_for(hub: Hub) -> None:
    assert [one.downloads for one in hub_search.search("", limit=2)] == [1000, 900]
    assert len(hub.questions) == 1


def test_what_cannot_be_run_is_shown_as_such(hub: Hub) -> None:
    (found,) = hub_search.search("qwen3")
    assert found.architecture == "qwen3"
    assert catalog.runs(found.architecture) is False
    assert catalog.runs("gpt-oss") is True


@pytest.mark.parametrize("architecture", [None, "clip", "eagle3", "dflash"])
def test_what_the_hub_says_can_be_of_a_file_beside_the_model(architecture: str | None) -> None:
    assert catalog.runs(architecture) is None
    size = catalog.offers()[0].model.size
    # Then the number of parameters is not the model's either.
    assert catalog.variant_header(_told(400_000_000, architecture), _variant(size))


def test_nothing_is_found(hub: Hub) -> None:
    assert hub_search.search("there is no such model") == ()


def test_further_pages_are_asked_for(hub: Hub) -> None:
    hub.page = 1
    assert [one.downloads for one in hub_search.search("gguf", limit=3)] == [1000, 900, 800]
    assert len(hub.questions) == 3


def test_pages_come_to_an_end(hub: Hub) -> None:
    """A hub whose every page links to another one."""
    hub.page = 0
    assert hub_search.search("") == ()
    assert len(hub.questions) == 5


def test_a_page_on_another_server_is_not_asked_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as other:
        hub.page = 1
        real, hub.endpoint = hub.endpoint, other.endpoint
        assert len(hub_search.search("", endpoint=real, token="secret")) == 1
        assert other.questions == []


def test_the_token_is_sent(hub: Hub) -> None:
    hub.token = "secret"
    assert hub_search.search("gpt-oss", token="secret")
    assert hub_search.variants(SMALL, token="secret")


@pytest.mark.parametrize("gated", ["auto", "manual"])
def test_what_has_to_be_asked_for(hub: Hub, gated: str) -> None:
    hub.about[SMALL]["gated"] = gated
    assert [one.gated for one in hub_search.search(SMALL)] == [True]


# As they are on the hub.
@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("openai_gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("gpt-oss-20b-MXFP4_MOE.gguf", "MXFP4_MOE"),
        ("gpt-oss-20b-F16.gguf", "F16"),
        ("gpt-oss-20b-BF16.gguf", "BF16"),
        ("gpt-oss-20b-fp16.gguf", "FP16"),
        ("gpt-oss-20b-Q2_K.gguf", "Q2_K"),
        ("gpt-oss-20b-Q2_K_L.gguf", "Q2_K_L"),
        ("gpt-oss-20b-Q4_0.gguf", "Q4_0"),
        ("gpt-oss-20b-Q4_K_M.gguf", "Q4_K_M"),
        ("gpt-oss-20b-Q8_0.gguf", "Q8_0"),
        ("gpt-oss-20b-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("gpt-oss-20b-UD-Q8_K_XL.gguf", "UD-Q8_K_XL"),
        ("openai_gpt-oss-20b-Q6_K_L.gguf", "Q6_K_L"),
        ("openai_gpt-oss-20b-IQ4_XS.gguf", "IQ4_XS"),
        ("openai_gpt-oss-20b-IQ2_XXS.gguf", "IQ2_XXS"),
        ("openai_gpt-oss-20b-Q4_0_4_4.gguf", "Q4_0_4_4"),
        ("gpt-oss-20b.i1-Q4_K_S.gguf", "Q4_K_S"),
        ("OpenAI-20B-NEO-CODE-DI-Uncensored-Q5_1.gguf", "Q5_1"),
        ("OpenAI-20B-NEOPlus-Uncensored-IQ4_NL.gguf", "IQ4_NL"),
        ("gpt-oss-20b-heretic-bf16-q4_k_m.gguf", "Q4_K_M"),
        ("gpt-oss-20b-Q4_K_M-imatrix.gguf", "Q4_K_M"),
        ("gpt-oss-20b-NVFP4.gguf", "NVFP4"),
        ("gpt-oss-20b-TQ1_0.gguf", "TQ1_0"),
        ("Q8_0/model.gguf", "Q8_0"),
        ("gpt-oss-20b.gguf", "gpt-oss-20b"),
        ("folder/gpt-oss-20b.gguf", "gpt-oss-20b"),
        ("模型/a b.gguf", "a b"),
    ],
)
def test_the_name_is_the_quantization(hub: Hub, file: str, label: str) -> None:
    (found,) = _of(hub, file)
    assert found.name == label
    assert found.model == HubModel("org/name", (_file(file, 100),), COMMIT)
    assert found.complete


def test_the_ending_may_be_in_capitals(hub: Hub) -> None:
    (found,) = _of(hub, "GGUF/GPT-OSS-20B-MXFP4.GGUF")
    assert (found.name, found.model.title) == ("MXFP4", "GPT-OSS-20B-MXFP4")


@pytest.mark.parametrize(
    ("stem", "count", "label"),
    [
        ("gpt-oss-120b-mxfp4", 3, "MXFP4"),
        ("gpt-oss-120b-MXFP4", 2, "MXFP4"),
        ("UD-Q8_K_XL/gpt-oss-120b-UD-Q8_K_XL", 2, "UD-Q8_K_XL"),
        ("openai_gpt-oss-120b-Q4_K_M/openai_gpt-oss-120b-Q4_K_M", 2, "Q4_K_M"),
        ("openai_gpt-oss-120b-bf16/openai_gpt-oss-120b-bf16", 1, "BF16"),
    ],
)
def test_a_model_in_parts_is_one(hub: Hub, stem: str, count: int, label: str) -> None:
    parts = tuple(f"{stem}-{n + 1:05}-of-{count:05}.gguf" for n in range(count))
    (found,) = _of(hub, *parts)
    assert (found.name, found.complete) == (label, True)
    files = tuple(_file(part, 100 + n) for n, part in enumerate(parts))
    assert found.model == HubModel("org/name", files, COMMIT)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_model_without_one_of_its_parts_says_so(hub: Hub, missing: int) -> None:
    parts = [f"gpt-oss-120b-mxfp4-{n + 1:05}-of-00003.gguf" for n in range(3)]
    del parts[missing]
    (found,) = _of(hub, *parts)
    assert (found.name, found.complete) == ("MXFP4", False)
    assert [file.name for file in found.model.files] == parts


def test_the_smallest_is_first(hub: Hub) -> None:
    sizes = {"m-Q8_0.gguf": 30, "m-Q2_K.gguf": 10, "m-F16.gguf": 40, "m-Q4_0.gguf": 20}
    hub.about["org/name"] = {"sizes": sizes}
    found = hub_search.variants("org/name")
    assert [one.name for one in found] == ["Q2_K", "Q4_0", "Q8_0", "F16"]
    assert [one.model.size for one in found] == [10, 20, 30, 40]


def test_two_of_one_quantization_have_their_whole_names(hub: Hub) -> None:
    found = _of(hub, "gpt-oss-20b-Q8_0.gguf", "abliterated/gpt-oss-20b-Q8_0.gguf", "x-Q4_0.gguf")
    assert [one.name for one in found] == [
        "gpt-oss-20b-Q8_0",
        "abliterated/gpt-oss-20b-Q8_0",
        "Q4_0",
    ]


@pytest.mark.parametrize(
    "file",
    [
        "README.md",
        "config.json",
        "model.safetensors",
        "imatrix_unsloth.dat",
        "imatrix_unsloth.gguf",
        "openai_gpt-oss-20b-imatrix.gguf",
        "gpt-oss-20b.imatrix.gguf",
        "mmproj-F16.gguf",
        "mmproj-model-f16.gguf",
        "vision/gemma-3-mmproj-BF16.gguf",
        "gpt-oss-20b-lora-F16.gguf",
        "ggml-adapter-model-f16.gguf",
        "ggml-vocab-gpt-oss.gguf",
        "MTP/mtp-Qwen3.8-27B-Q4_0.gguf",
        "MTP/mtp-gemma-4-E4B-it-Q8_0.gguf",
        "MTP/gemma-4-E4B-it-Q8_0.gguf",
        "Qwen3-8B-DFlash-Q8_0.gguf",
        "Qwen3.8-27B-DSpark-BF16.gguf",
        "dflash-Qwen3-8B-Q8_0.gguf",
        "Nanbeige4.2-3B-imatrix.gguf",
        "eagle3-gpt-oss-20b-Q8_0.gguf",
        "gpt-oss-20b-EAGLE3-BF16.gguf",
        "gpt-oss-20b.eagle3_Q8_0.gguf",
        "eagle3/gpt-oss-20b-Q8_0.gguf",
        "drafts/gpt-oss-20b-eagle-3.gguf",
    ],
)
def test_what_only_belongs_to_a_model_is_left_out(hub: Hub, file: str) -> None:
    assert [one.name for one in _of(hub, "gpt-oss-20b-Q8_0.gguf", file)] == ["Q8_0"]


@pytest.mark.parametrize(
    "file",
    [
        "Smtp-Assistant-7B-Q4_K_M.gguf",
        "gpt-oss-20b-smtp.gguf",
        "Eagle30B-Q8_0.gguf",
        "beagle3-7b.gguf",
        "MTPlan-7B.gguf",
        "Florapedia-7B.gguf",
        "gpt-oss-20b-Q4_K_M-imatrix.gguf",
        "imatrix/gpt-oss-20b-Q4_K_M.gguf",
    ],
)
def test_words_that_only_have_such_letters_hide_nothing(hub: Hub, file: str) -> None:
    assert [one.model.files[0].name for one in _of(hub, file)] == [file]


@pytest.mark.parametrize(
    "file",
    [
        "../m.gguf",
        "/m.gguf",
        "a/../../m.gguf",
        "a//m.gguf",
        "./m.gguf",
        "C:m.gguf",
        "..\\m.gguf",
        "a\nb.gguf",
        "a\0.gguf",
        "a\u202eb.gguf",
        "a\ud800.gguf",
        "a /m.gguf",
        ".gguf",
        ".cache/m.gguf",
        "a" * 300 + ".gguf",
    ],
)
def test_names_that_no_file_should_have(hub: Hub, file: str) -> None:
    assert _of(hub, file) == ()


def test_the_licence(hub: Hub) -> None:
    assert _of(hub, "m-Q8_0.gguf", license="mit")[0].licence == "mit"
    assert _of(hub, "m-Q8_0.gguf", license=None)[0].licence is None
    assert _of(hub, "m-Q8_0.gguf", license=["mit", "gpl"])[0].licence == "mit"
    assert _of(hub, "m-Q8_0.gguf", license="a\nb")[0].licence is None
    card = {"license": "other", "license_name": "gpt-oss", "license_link": "LICENSE"}
    told = hub.tell("org/name", blobs=True) | {"cardData": card}
    hub.said = json.dumps(told).encode()
    assert hub_search.variants("org/name")[0].licence == "gpt-oss"


def _asked(hub: Hub, call: str, **options: Any) -> HubError:
    """Return the error of a call, which names the repository."""
    what = "gpt-oss" if call == "search" else SMALL
    with pytest.raises(HubError) as caught:
        getattr(hub_search, call)(what, **options)
    assert (caught.value.repository, caught.value.file) == (what, "")
    return caught.value


BOTH = pytest.mark.parametrize("call", ["search", "variants"])


@BOTH
@pytest.mark.parametrize("status", [401, 403, 451])
def test_refused(hub: Hub, call: str, status: int) -> None:
    hub.hub_plan = iter([status])
    error = _asked(hub, call)
    assert isinstance(error, HubRefused)
    assert error.status == status


@BOTH
def test_the_wrong_token(hub: Hub, call: str) -> None:
    hub.token = "secret"
    assert isinstance(_asked(hub, call, token="guessed"), HubRefused)


@BOTH
@pytest.mark.parametrize("token", ["schlüssel", "a\nb", "a\0"])
def test_a_token_that_cannot_be_sent(hub: Hub, call: str, token: str) -> None:
    error = _asked(hub, call, token=token)
    assert isinstance(error, HubUnreachable)
    assert token not in error.reason


@pytest.mark.parametrize("name", ["org/missing", "a/b/c", "../x", "", "a b/c", "org/name\n"])
def test_not_found(hub: Hub, name: str) -> None:
    with pytest.raises(HubNotFound) as caught:
        hub_search.variants(name)
    assert caught.value.repository == name


def test_an_endpoint_that_is_no_hub(hub: Hub) -> None:
    hub.hub_plan = iter([404])
    error = _asked(hub, "search")
    assert isinstance(error, HubUnreachable)
    assert "is this a Hugging Face server?" in error.reason


@BOTH
def test_too_many_requests(hub: Hub, call: str) -> None:
    hub.retry_after, hub.hub_plan = "55", iter([429])
    error = _asked(hub, call)
    assert isinstance(error, HubUnreachable)
    assert error.reason == "too many requests; try again in 55 s"


@BOTH
@pytest.mark.parametrize("status", [204, 302, 400, 418, 500, 502, 503])
def test_other_answers(hub: Hub, call: str, status: int) -> None:
    hub.hub_plan = iter([status])
    error = _asked(hub, call)
    assert isinstance(error, HubUnreachable)
    assert error.reason == f"status {status}"


@BOTH
def test_silence_does_not_last(hub: Hub, call: str) -> None:
    hub.hub_plan = iter([SILENT])
    began = time.monotonic()
    error = _asked(hub, call, timeout=0.3)
    assert isinstance(error, HubUnreachable)
    assert error.reason == "no answer for 0.3 s"
    assert time.monotonic() - began < 20  # it is silent for 30


@BOTH
def test_an_answer_by_drops_is_ended(hub: Hub, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.said = b"[" + b" " * 500_000
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    error = _asked(hub, call, timeout=5)
    assert isinstance(error, HubUnreachable)
    assert error.reason == "its answer takes too long"


@BOTH
def test_an_answer_without_an_end_is_ended(
    hub: Hub, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_search, "_LONGEST_BODY", 1000)
    hub.said = (b"[]" if call == "search" else b"{}") + b" " * 1000
    assert isinstance(_asked(hub, call), HubUnreachable)


@BOTH
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "ftp://127.0.0.1", "hub", "http://\0"])
def test_no_hub_there(hub: Hub, call: str, endpoint: str) -> None:
    error = _asked(hub, call, endpoint=endpoint)
    assert isinstance(error, HubUnreachable)
    assert error.reason


def test_a_text_that_cannot_be_sent(hub: Hub) -> None:
    with pytest.raises(HubUnreachable):
        hub_search.search("\ud800")


@BOTH
def test_huggingface_hub_is_told_to_be_offline(
    hub: Hub, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    error = _asked(hub, call)
    assert isinstance(error, HubUnreachable)
    assert error.reason == "HF_HUB_OFFLINE is set"


@BOTH
def test_the_door_is_shut(hub: Hub, call: str, tmp_path: Path) -> None:
    network = Network(tmp_path / "network.log", offline=True)
    hub_client.install(network)
    try:
        with pytest.raises(Offline):
            getattr(hub_search, call)(SMALL)
        assert hub.questions == []
        network.offline = False
        assert getattr(hub_search, call)(SMALL)
        (entry,) = network.log.read()
        assert "model" in entry.purpose
    finally:
        hub_client.uninstall()


@BOTH
def test_what_cannot_be_put_on_record_is_not_asked(hub: Hub, call: str, tmp_path: Path) -> None:
    network = Network(tmp_path)  # a folder
    hub_client.install(network)
    try:
        error = _asked(hub, call)
    finally:
        hub_client.uninstall()
    assert isinstance(error, CacheUnwritable)
    assert (error.path, hub.questions) == (tmp_path, [])
    assert error.reason


@BOTH
def test_another_thread_closes_the_client(hub: Hub, call: str) -> None:
    huggingface_hub.get_session().close()
    assert isinstance(_asked(hub, call), HubUnreachable)


@BOTH
@pytest.mark.parametrize(
    "said",
    [b"", b"<html>", b"null", b"7", b'"', b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b"[1]{}"],
    ids=lambda said: repr(said[:8]),
)
def test_an_answer_that_makes_no_sense(hub: Hub, call: str, said: bytes) -> None:
    hub.said = said
    error = _asked(hub, call)
    assert isinstance(error, HubUnreachable)
    assert "is this a Hugging Face server?" in error.reason


def test_fields_that_make_no_sense_are_left_out(hub: Hub) -> None:
    told = {
        "id": SMALL,
        "downloads": -1,
        "likes": True,
        "gated": {"a": 1},
        "lastModified": "0001-01-01T00:00:00+14:00",
        "gguf": {"total": 1e30, "architecture": "gpt\noss"},
    }
    names: list[object] = [None, 7, "a\nb/c", "a/b\n", "../..", "a/b/c", "x" * 200, {}]
    hub.said = json.dumps([told, *({"id": name} for name in names), told, None, [], 3]).encode()
    assert hub_search.search("gpt-oss") == (Repository(SMALL, 0, 0, None, None, False, None),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def _garbled(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return objects with any field missing or of any value."""
    return st.fixed_dictionaries({}, optional={key: JSON | of for key, of in fields.items()})


GARBLED = _garbled(
    id=st.sampled_from([SMALL, OTHER, "x" * 97]),
    downloads=st.integers(),
    likes=st.integers(),
    gated=st.sampled_from(["auto", False]),
    lastModified=st.datetimes().map(str) | st.just("2025-08-25T12:34:56.000Z"),
    gguf=_garbled(total=st.integers(), architecture=st.text()),
    cardData=_garbled(license=st.text() | st.lists(st.text()), license_name=st.text()),
    siblings=st.lists(
        _garbled(
            rfilename=st.from_regex(r"[a-z./]{0,5}(-0000[0-3]-of-0000[0-3])?\.gguf", fullmatch=True)
            | st.text().map("{}.gguf".format),
            size=st.integers(),
        )
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(GARBLED) | JSON)
def test_whatever_a_search_is_answered(hub: Hub, answer: Any) -> None:
    hub.said = json.dumps(answer).encode()
    for one in _or_error(lambda: hub_search.search("gpt-oss")):
        hub_client.validate_repo_id(one.name)
        assert 0 <= one.downloads <= 10**15
        assert 0 <= one.likes <= 10**15
        assert one.parameters is None or 0 < one.parameters <= 10**15
        assert one.architecture is None or one.architecture.isprintable()
        assert one.updated is None or one.updated.astimezone()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(GARBLED | JSON)
def test_whatever_a_repository_is_said_to_have(hub: Hub, answer: Any) -> None:
    hub.said = json.dumps(answer).encode()
    for one in _or_error(lambda: hub_search.variants(SMALL)):
        assert one.name.isprintable()
        assert 0 < one.model.size <= 10**15 * len(one.model.files)
        assert all(not Path(file.name).is_absolute() for file in one.model.files)
        assert all(".." not in Path(file.name).parts for file in one.model.files)
        assert one.licence is None or one.licence.isprintable()
        told = Repository(SMALL, 0, 0, "gpt-oss", None, False, None)
        shape = catalog.variant_header(told, one)
        assert shape is None or shape.weights == one.model.size


def _or_error(call: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    try:
        return call()
    except HubUnreachable:
        return ()


def _variant(size: int, *, complete: bool = True) -> Variant:
    return Variant("Q4_K_M", HubModel("org/name", (HubFile("m.gguf", size),)), None, complete)


def _told(parameters: int | None, architecture: str | None = "gpt-oss") -> Repository:
    return Repository("org/name", 0, 0, architecture, parameters, False, None)


def test_what_it_needs_can_be_told_before_it_is_there() -> None:
    shape = catalog.variant_header(_told(20914757184), _variant(11_600_000_000))
    assert shape is not None
    assert plan.propose(shape, Machine(16 * GIB, 13 * GIB, 8)).fits
    large = catalog.variant_header(_told(116829156672), _variant(62_800_000_000))
    assert large is not None
    assert not plan.propose(large, Machine(16 * GIB, 13 * GIB, 8)).fits


def test_what_it_needs_cannot_be_told() -> None:
    size = catalog.offers()[0].model.size
    assert catalog.variant_header(_told(None), _variant(size))
    assert catalog.variant_header(_told(None, "llama"), _variant(size)) is None
    assert catalog.variant_header(_told(6_000_000_000), _variant(size)) is None
    assert catalog.variant_header(_told(None), _variant(size, complete=False)) is None
