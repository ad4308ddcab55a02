"""A sentence for every error, without Qt."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.base import errors as e
from app.tools.browser import faults
from app.tools.browser.files.index_file import IndexFault
from app.wording.errors import Action, explain
from app.wording.quantities import context_length, gigabytes, percent

FILE = Path("/models/some model.gguf")
STORE = Path("/data/chats.db")
POLICY = Path("/etc/fireside/policy.toml")
THERE = "https://gpu.example.org/v1"
WANTED = ("org/some", "some model.gguf")
ERRORS = [
    e.ModelMissing(FILE),
    e.ModelUnreadable(FILE, "Permission denied"),
    e.NotGguf(FILE),
    e.ModelTruncated(FILE, 5_000_000_000, 12_100_000_000),
    e.UnsupportedArchitecture(FILE, "llama"),
    e.ModelTooLarge(FILE, 13_000_000_000, 8_000_000_000),
    e.ModelLoadFailed(FILE, "bad tensor"),
    e.OutOfMemory(FILE, ""),
    e.NotFinite(FILE),
    e.ModelForOllama(FILE),
    e.ModelDamaged(FILE, "tensor 'a' has offset 32, expected 0"),
    e.ModelNewer(FILE, "unknown pre-tokenizer type: 'x'"),
    e.ModelForeign(FILE, "tensor 'a' not found"),
    e.ModelRenamed(FILE, 3),
    e.ModelError(FILE),
    e.EngineDied(-6, "log"),
    e.EngineDied(None, ""),
    e.EngineDied(3, ""),
    e.EngineHung(90.0),
    e.EngineFailed("decode returned 1"),
    e.RequestUnsupported("response_schema"),
    e.SchemaInvalid("/properties/a", "", "not a list"),
    e.SchemaUnsupported("/not", "", "not"),
    e.SchemaUnsupported("/format", "functions.get_weather", "format", "phone"),
    e.SchemaTooLarge(limit=262_144),
    e.SchemaTooComplex(detail="too many items in a row"),
    e.SchemaMismatch(),
    e.SchemaError(),
    e.EndpointUnknown("http://localhost:1234/v1"),
    *(
        e.ServerAddressInvalid("a b"),
        e.ServerUnreachable(THERE, "Connection refused"),
        e.ServerNameUnknown(THERE),
        e.ServerProxyFailed(THERE, "proxy.example.org:3128", "407 Proxy Authentication Required"),
        e.ServerSilent(THERE, 600.0),
        e.ServerUnsafe(THERE, "self-signed certificate", "self-signed"),
        e.ServerUnsafe(THERE, "Hostname mismatch", "host"),
        e.ServerUnsafe(THERE, "certificate has expired", "expired"),
        e.ServerUnsafe(THERE, "certificate is not yet valid", "early"),
        e.ServerUnsafe(THERE, "unsuitable certificate purpose"),
        e.ServerWithoutTls(THERE, "WRONG_VERSION_NUMBER"),
        e.ServerUnencrypted(THERE),
        e.ServerMoved(THERE, "https://elsewhere.example/v1"),
        e.ServerMoved(THERE, ""),
        e.ServerForeign(THERE, "<html>"),
        e.ModelListMissing(THERE, "404 page not found"),
        e.KeyRefused(THERE, "Incorrect API key"),
        e.CreditUsedUp(THERE, "Insufficient credits"),
        e.RemoteModelMissing(THERE, "gpt-oss-120b"),
        e.RemoteModelMissing(THERE, ""),
        e.RemoteModelUnloaded(THERE, "gpt-oss-120b", "No models loaded."),
        e.ServerBusy(THERE, "Too many requests"),
        e.ServerBusy(THERE, "Too many requests", 30.0),
        e.ServerLoading(THERE, "Loading model"),
        e.RequestRefused(THERE, 400, "unknown parameter"),
        e.RequestRefused(THERE, 400, "unknown parameter", "reasoning_effort"),
        e.RequestRefused(THERE, 413, "Request Entity Too Large"),
        e.ServerFailed(THERE, 500, "CUDA error"),
        e.ServerFailed(THERE, 502, "Bad Gateway"),
        e.AnswerCutOff(THERE),
        e.AnswerGarbled(THERE, "502 Bad Gateway"),
        e.AnswerEmpty(THERE),
        e.RemoteError(THERE),
    ),
    e.DepartureRefused("gpu.example.org"),
    e.ContextFull(9000, 4096),
    e.ContextFull(0, 0),
    e.AnswerEndless(4096),
    e.ModelInUse("window", "gpt-oss-20b", "gpt-oss-120b"),
    e.ModelInUse("ask", "gpt-oss-20b", "gpt-oss-120b"),
    e.OwnerOutdated("window", "0.9"),
    e.OwnerOutdated("ask", "0.9"),
    e.OwnerSilent("window"),
    e.OwnerSilent("ask"),
    e.EngineError(),
    e.StoreNewer(STORE, 9, 1),
    e.StoreDamaged(STORE, "malformed"),
    e.StoreFull(STORE),
    e.StoreReadOnly(STORE),
    e.StoreLocked(STORE),
    e.NotResponding(STORE),
    e.StoreError(STORE),
    e.EndpointsDamaged(STORE, "Expecting value", STORE),
    e.EndpointsDamaged(STORE, "Permission denied"),
    e.EndpointsDamaged(STORE, "Expecting value", shared=True),
    e.EndpointsUnwritable(STORE, "No space left on device"),
    e.SettingsDamaged(STORE, ("*",), "Expecting value", STORE),
    e.SettingsDamaged(STORE, ("theme", "context"), "a value of another kind", None),
    e.SettingsDamaged(STORE, (), "Expecting ',' delimiter", STORE),
    e.SystemFileUnreadable(POLICY, "Permission denied"),
    e.SystemFileUnsafe(POLICY),
    e.SystemFileUnsafe(POLICY.with_name("endpoints.toml")),
    e.SystemFileBroken(POLICY, 3, "Invalid value (at line 3, column 11)"),
    e.SystemFileKeyUnknown(POLICY, 4, "offlin"),
    e.SystemFileValueWrong(POLICY, 2, "tools", "switch"),
    e.SystemFileValueWrong(POLICY, 2, "model_folders", "folders"),
    e.SystemFileError(POLICY),
    e.LocalServerForbidden(),
    e.ToolsForbidden(),
    e.HubUnreachable(*WANTED, "timed out"),
    e.HubFailed(*WANTED, "status 502"),
    e.HubRefused(*WANTED, 403),
    e.HubRefused("some model.gguf", "", 401),
    e.HubNotFound("some model.gguf", ""),
    e.HubNotFound(*WANTED),
    e.DownloadDamaged(*WANTED),
    e.NoRoom(*WANTED, Path("/cache"), 12_100_000_000, 3_000_000_000),
    e.CacheUnwritable(*WANTED, Path("/cache"), "Permission denied"),
    e.HubError(*WANTED),
    e.Offline(),
    e.UpdatesUnknown("api.github.com", "status 502"),
    e.HubChanged("org/name", "m.gguf"),
    e.NotOnHub("org/name", "", "gpt-oss-20b"),
    e.DriveMissing("", "", FILE.parent),
    e.NoModel(FILE, "eagle3"),
    e.FileRefused(FILE, "Permission denied"),
    e.TargetExists(FILE),
    e.TargetFull(FILE, 12_100_000_000, 3_000_000_000),
    e.CopyDiffers(FILE),
    e.LibraryError(FILE),
    e.ExchangeUnreadable(FILE, "Input/output error"),
    e.ExchangeUnknown(FILE),
    e.ExchangeNoPresets(FILE),
    e.ExchangeDamaged(FILE, "chat 3: unexpected end"),
    e.ExchangeNewer(FILE, 2, 1),
    e.ExchangeTooLarge(FILE, 64_000_000),
    e.ExchangeUnwritable(FILE, "No space left on device"),
    e.ExchangeError(FILE),
    e.CacheUnsupported(FILE),
    e.GpuLost(-6, "", "RTX 4060"),
    e.ExchangeNotEverything(FILE),
    e.SecretUnreadable("hf_token"),
    e.SecretUnwritable("hf_token"),
    e.DocumentUnreadable(FILE, "Stale file handle"),
    e.DocumentUnknown(FILE),
    e.DocumentImage(FILE),
    e.DocumentBroken(FILE, "Data format error"),
    e.DocumentEncrypted(FILE),
    e.DocumentTooLarge(FILE, 200_000_000),
    e.DocumentTooLong(FILE, 20_000_000),
    e.DocumentEmpty(FILE, 3),
    e.DocumentEmpty(FILE, 0),
    e.DocumentError(FILE),
    e.LocalServerPortTaken(8347, "ollama"),
    e.LocalServerPortTaken(8347),
    e.LocalServerUnstartable(80, "Permission denied"),
    e.LocalServerError(8347),
    e.McpServerUnapproved("Files"),
    e.McpServerCommandMissing("Files", "npx"),
    e.McpServerUnstartable("Files", "Permission denied"),
    e.McpServerSilent("Files", 20.0),
    e.McpServerEnded("Files", "cannot go on"),
    e.McpServerFlooding("Files"),
    e.McpServerUnreachable("Files", "example.org", "refused"),
    e.McpServerSignInFailed("Files", "access_denied"),
    e.McpServerAddressRefused("Files", "192.168.0.1"),
    e.McpServerConfused("Files", "Method not found"),
    e.McpServerInputMissing("Files", ("token",)),
    e.McpServerError("Files"),
    e.McpServersUnreadable(None, "empty"),
    e.McpServersUnreadable(FILE, "empty"),
    e.CallUnrepeatable(),
    e.CallUnrepeatable("memory"),
    e.PythonMissing(),
    e.PythonPreparing(60.0),
    e.PythonNeedsMemory(2_600_000_000, 1_000_000_000),
    e.PythonNeedsRoom(FILE, 400_000_000, 1_000_000),
    e.PythonUnprepared("no room"),
    faults.NotAFolder(FILE),
    faults.FolderUnreadable(FILE, "denied"),
    faults.FolderTooWide(FILE),
    faults.FolderPrivate(FILE),
    faults.SourceKnown(FILE, "Notes"),
    faults.FolderNested(FILE, "Notes"),
    faults.SourceListUnwritable(FILE, "denied"),
    faults.IndexDiskFull(FILE),
    faults.IndexUnwritable(FILE, "denied"),
    faults.IndexingFailed(FILE, "it crashed"),
    faults.NotAnEncyclopaedia(FILE, "it is damaged"),
]


def every_class(root: type[object]) -> set[type[object]]:
    below: list[type[object]] = root.__subclasses__()
    return {root}.union(*map(every_class, below))


def test_none_is_forgotten() -> None:
    told = {type(error) for error in ERRORS}
    groups = {e.FiresideError, e.Cancelled, e.SecretError, e.PythonError, e.OwnerError}
    groups |= {faults.SourceError, e.EndpointListError}
    groups |= every_class(IndexFault)  # the library of sources tells them by its own
    assert told | groups == every_class(e.FiresideError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_sentence_of_its_own(error: e.FiresideError) -> None:
    sentence = explain(error).sentence
    assert sentence.endswith((".", ": file not found"))
    assert sentence[0].isupper() or sentence.startswith(
        ("some ", "/", "m.gguf", "org/name", "gpu.example.org")
    )
    assert "unexpected error" not in sentence
    assert type(error).__name__ not in sentence


def test_no_two_are_alike() -> None:
    sentences = [explain(error).sentence for error in ERRORS]
    assert len(set(sentences)) == len(sentences)


def test_facts_are_told() -> None:
    assert "5 GB of 12.1 GB" in explain(ERRORS[3]).sentence
    cut = explain(e.ModelTruncated(FILE, 12_100_000_000, 12_100_000_001)).sentence
    assert cut == "some model.gguf is incomplete. Download it again."
    assert "llama" in explain(ERRORS[4]).sentence
    assert explain(ERRORS[6]).detail == "bad tensor"
    assert "-00001-of-00003.gguf" in explain(e.ModelRenamed(FILE, 3)).sentence
    failing = e.ModelUnreadable(FILE, os.strerror(errno.EIO))
    assert "disk may be failing" in explain(failing).sentence
    assert "9,000 tokens" in explain(e.ContextFull(9000, 4096)).sentence
    assert "/data" in explain(e.StoreFull(STORE)).sentence


def test_one_step_to_go_on() -> None:
    assert explain(e.EngineDied(1, "")).action is Action.CONTINUE
    assert explain(e.NotGguf(FILE)).action is Action.CHOOSE_MODEL
    assert explain(e.ContextFull(2, 1)).action is Action.NEW_CHAT
    assert explain(RuntimeError("odd")).action is Action.RETRY


def test_sizes() -> None:
    sizes = (12, 1_500, 2_000_000, 999_960_000, 12_110_000_000, 24_010_000_000)
    assert [gigabytes(n) for n in sizes] == [
        "12 bytes", "1.5 kB", "2 MB", "1 GB", "12.1 GB", "24 GB",
    ]  # fmt: skip
    assert [percent(share) for share in (0, 0.29, 0.436, 0.9999, 1)] == [
        "0%", "29%", "43%", "99%", "100%",
    ]  # fmt: skip
    assert [context_length(n) for n in (4096, 131072, 5000)] == ["4K", "128K", "5,000"]


def test_no_qt() -> None:
    code = "import sys, app.wording.errors; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
