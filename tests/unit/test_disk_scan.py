"""Finding models of other programs on this disk, in hand-made layouts."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
from huggingface_hub import file_download, scan_cache_dir, try_to_load_from_cache

from app.base import gguf
from app.base.errors import (
    ModelForOllama,
    ModelMissing,
    ModelRenamed,
    ModelTruncated,
    ModelUnreadable,
    NotGguf,
    UnsupportedArchitecture,
)
from app.base.resources import resource
from app.engine import probe
from app.models import disk_scan
from app.models.disk_scan import InstalledModel, ModelSource, SearchFolder
from tests.fakes.headers import (
    gguf_bytes,
    model_metadata,
    model_tensors,
    packed,
    split_metadata,
    write_header,
)
from tests.fakes.listed import whole

DEMO = resource("models", "demo-gpt-oss.gguf")
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Remove variables of the tester's environment that name folders."""
    for name in ("HUGGINGFACE_HUB_CACHE", "OLLAMA_MODELS", "LLAMA_CACHE", "JAN_DATA_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WIN_PD_OVERRIDE_APPDATA", str(home / "roaming"))


def found(home: Path, *chosen: Path) -> dict[str, InstalledModel]:
    """Return the models found below ``home``, by name."""
    below = [place for place in disk_scan.places(chosen) if place.path.is_relative_to(home)]
    models = list(disk_scan.scan(below))
    assert len({model.name for model in models}) == len(models)
    return {model.name: model for model in models}


def in_folder(folder: Path) -> list[InstalledModel]:
    return list(disk_scan.scan([SearchFolder(ModelSource.CHOSEN, folder)]))


def only(folder: Path) -> InstalledModel:
    (model,) = in_folder(folder)
    return model


# Places.


def hub_file(cache: Path, repository: str, revision: str, file: str, content: bytes) -> Path:
    """Put a file into the hub's cache, with huggingface_hub's own functions."""
    folder = cache / file_download.repo_folder_name(repo_id=repository, repo_type="model")
    blob = folder / "blobs" / f"{abs(hash(content)):064x}"
    pointer = Path(file_download._get_pointer_path(str(folder), revision, file))
    for made in (blob, pointer, folder / "refs" / "main"):
        made.parent.mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(revision)
    blob.write_bytes(content)
    if not pointer.exists():
        file_download._create_symlink(str(blob), str(pointer))
    return pointer


def test_the_hubs_cache(home: Path) -> None:
    cache = home / "cache" / "huggingface" / "hub"
    content = DEMO.read_bytes()
    path = hub_file(cache, "ggml-org/gpt-oss-20b-GGUF", "a" * 40, "q4/gpt-oss.gguf", content)
    repository = cache / "models--ggml-org--gpt-oss-20b-GGUF"
    (repository / "blobs" / "bbbb.incomplete").write_bytes(b"GGUF")
    assert try_to_load_from_cache(
        "ggml-org/gpt-oss-20b-GGUF", "q4/gpt-oss.gguf", cache_dir=cache
    ) == str(path)
    assert len(scan_cache_dir(cache).repos) == 1

    (model,) = found(home).values()
    assert model.name == "ggml-org/gpt-oss-20b-GGUF/q4/gpt-oss"
    assert model.path == path
    assert model.files == (path,)
    assert model.size == len(content)
    assert model.place == SearchFolder(ModelSource.HUGGING_FACE, cache)
    assert model.problem is None
    # The name stays the same, however many of the files are chosen.
    assert only(repository).name == model.name


@needs_links
def test_a_file_of_two_revisions_is_one_model(home: Path) -> None:
    cache = home / "cache" / "huggingface" / "hub"
    for revision in ("a" * 40, "b" * 40):
        hub_file(cache, "org/repo", revision, "model.gguf", gguf_bytes())
    assert list(found(home)) == ["org/repo/model"]


@pytest.mark.parametrize(
    ("variable", "below"),
    [("HF_HOME", "hub"), ("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", "")],
)
def test_the_hubs_cache_is_where_the_environment_says(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str
) -> None:
    monkeypatch.setenv(variable, str(home / "elsewhere"))
    hub_file(home / "elsewhere" / below, "org/repo", "a" * 40, "model.gguf", gguf_bytes())
    (model,) = found(home).values()
    assert (model.name, model.place.kind) == ("org/repo/model", ModelSource.HUGGING_FACE)


@pytest.mark.parametrize("where", [".lmstudio", ".cache/lm-studio"])
def test_lm_studio(home: Path, where: str) -> None:
    file = home / where / "models" / "openai" / "gpt-oss-20b" / "gpt-oss-20b-MXFP4.gguf"
    write_header(file)
    (file.parent / "downloading_other.gguf.part").write_bytes(b"GGUF")
    (model,) = found(home).values()
    assert model.name == "openai/gpt-oss-20b/gpt-oss-20b-MXFP4"
    assert model.place.kind == ModelSource.LM_STUDIO


def test_lm_studio_elsewhere(home: Path) -> None:
    """The pointer file moves its home, and the settings there move its models."""
    moved, chosen = home / "moved", home / "models of mine"
    (home / ".lmstudio-home-pointer").write_text(f"{moved}\n")
    write_header(moved / "models" / "a" / "b" / "c.gguf")
    write_header(chosen / "d" / "e" / "f.gguf")
    settings = json.dumps({"downloadsFolder": "~/models of mine"})
    (moved / "settings.json").write_text(settings, encoding="utf-8-sig")
    assert set(found(home)) == {"a/b/c", "d/e/f"}


def test_lm_studio_before_it_had_a_home(home: Path) -> None:
    for folder in ("config", "roaming", "Library/Application Support"):
        settings = home / folder / "LM Studio" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"downloadsFolder": str(home / "far")}))
    write_header(home / "far" / "a" / "b" / "c.gguf")
    assert list(found(home)) == ["a/b/c"]


def ollama(root: Path, way: str, content: bytes | None, *, layers: object = None) -> Path:
    """Put a model into Ollama's store; without ``content``, its blob is missing."""
    hex = f"{abs(hash((way, content))):064x}"
    blob = root / "blobs" / f"sha256-{hex}"
    blob.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        blob.write_bytes(content)
    usual = [
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{hex}"},
        {"mediaType": "application/vnd.ollama.image.license", "digest": f"sha256:{'e' * 64}"},
    ]
    (root / "blobs" / f"sha256-{'e' * 64}").write_text("licence")
    manifest = root / way
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"layers": usual if layers is None else layers}))
    return blob


def test_ollama(home: Path) -> None:
    root = home / ".ollama" / "models"
    blob = ollama(root, "manifests/registry.ollama.ai/library/gpt-oss/20b", gguf_bytes())
    ollama(root, "manifests/registry.ollama.ai/someone/mine/latest", gguf_bytes(n="1"))
    ollama(root, "manifests/hf.co/unsloth/gpt-oss-20b-GGUF/Q4_K_M", gguf_bytes(n="2"))
    (root / "blobs" / f"sha256-{'d' * 64}-partial").write_bytes(gguf_bytes())
    (root / "blobs" / f"sha256-{'d' * 64}").write_bytes(gguf_bytes())  # in no manifest
    models = found(home)
    assert set(models) == {
        "gpt-oss:20b",
        "someone/mine:latest",
        "hf.co/unsloth/gpt-oss-20b-GGUF:Q4_K_M",
    }
    assert models["gpt-oss:20b"].path == blob
    assert models["gpt-oss:20b"].problem is None


def test_ollama_elsewhere_in_its_second_layout(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = home / "store"
    monkeypatch.setenv("OLLAMA_MODELS", str(root))
    ollama(root, "manifests-v2/ollama.com/library/plain/1b", gguf_bytes())
    child = f"sha256-{'c' * 64}"
    ollama(root, f"blobs/{child}", gguf_bytes(n="1"))
    listing = root / "manifests-v2" / "ollama.com" / "library" / "listed" / "20b"
    listing.parent.mkdir(parents=True)
    listing.write_text(json.dumps({"manifests": [{"digest": f"sha256:{'c' * 64}"}]}))
    assert set(found(home)) == {"plain:1b", "listed:20b"}


@pytest.mark.parametrize(
    "layers",
    [
        "none",
        [],
        [None, 3],
        [{"mediaType": "application/vnd.ollama.image.model"}],
        [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../secret"}],
        [{"mediaType": "application/vnd.ollama.image.projector", "digest": "sha256:" + "e" * 64}],
    ],
)
def test_strange_manifests_name_nothing(home: Path, layers: object) -> None:
    root = home / ".ollama" / "models"
    ollama(root, "manifests/registry.ollama.ai/library/a/b", gguf_bytes(), layers=layers)
    (root / "manifests/registry.ollama.ai/library/a/c").write_text("no JSON")
    (root / "manifests/registry.ollama.ai/library/a/d").write_text("[]")
    (root / "manifests/registry.ollama.ai/library/a/e").write_text("[" * 100_000)
    way = "manifests/registry.ollama.ai/library/a/f"
    ollama(root, way, gguf_bytes())
    (root / way).write_text((root / way).read_text() + " " * 2_000_000)
    assert found(home) == {}


def test_ollamas_own_fork_says_so(home: Path) -> None:
    root = home / ".ollama" / "models"
    library_way = "manifests/registry.ollama.ai/library/gpt-oss"
    ollama(root, f"{library_way}/20b", gguf_bytes("gptoss", ["blk.0.attn_out.weight"]))
    ollama(root, f"{library_way}/new", gguf_bytes("gpt-oss", ["blk.0.attn_sinks"]))
    ollama(root, f"{library_way}/norm", gguf_bytes("gpt-oss", ["blk.0.ffn_norm.weight"]))
    ollama(root, f"{library_way}/gone", None)
    models = found(home)
    assert isinstance(models["gpt-oss:20b"].problem, ModelForOllama)
    assert isinstance(models["gpt-oss:new"].problem, ModelForOllama)
    assert isinstance(models["gpt-oss:norm"].problem, ModelForOllama)
    assert isinstance(models["gpt-oss:gone"].problem, ModelMissing)
    assert models["gpt-oss:gone"].files == ()
    assert models["gpt-oss:gone"].size == 0


def test_jan(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The description may be beside the model or elsewhere; before 2025 there was none."""
    data = home / "jan data"
    monkeypatch.setenv("JAN_DATA_FOLDER", str(data))
    models = data / "llamacpp" / "models"
    write_header(models / "org" / "gpt-oss" / "model.gguf")
    (models / "org" / "gpt-oss" / "model.yml").write_text(
        "embedding: false\nmodel_path: llamacpp/models/org/gpt-oss/model.gguf\n"
        "name: 'gpt-oss 20B'\nsize_bytes: 3\n"
    )
    far = write_header(home / "far" / "away.gguf")
    (models / "imported").mkdir()
    (models / "imported" / "model.yml").write_text(f'model_path: "{far}"\n')
    (models / "imported" / "model.gguf.tmp").write_bytes(b"GGUF")
    write_header(data / "models" / "old" / "old.gguf")
    (data / "models" / "old" / "model.yml").write_text("files:\n- models/old/old.gguf\n")
    assert {name: model.path.name for name, model in found(home).items()} == {
        "gpt-oss 20B": "model.gguf",
        "imported": "away.gguf",
        "old/old": "old.gguf",
    }


def test_jan_where_its_settings_say(home: Path) -> None:
    for folder in ("data", "roaming", "Library/Application Support"):
        settings = home / folder / "Jan" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"data_folder": str(home / "disk")}))
    write_header(home / "disk" / "llamacpp" / "models" / "a" / "model.gguf")
    write_header(home / "jan" / "models" / "b" / "b.gguf")
    assert {model.place.kind for model in found(home).values()} == {ModelSource.JAN}
    assert set(found(home)) == {"a/model", "b/b"}


def test_jan_of_2025_as_it_was_first_installed(home: Path) -> None:
    """Settings are under the bundle's name until it is started again in 2026."""
    for folder in ("data", "roaming", "Library/Application Support"):
        settings = home / folder / "jan.ai.app" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"data_folder": str(home / "disk")}))
    write_header(home / "disk" / "llamacpp" / "models" / "a" / "model.gguf")
    assert set(found(home)) == {"a/model"}


def test_llama_cpp(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = home / "llama"
    monkeypatch.setenv("LLAMA_CACHE", str(cache))
    write_header(cache / "ggml-org_gpt-oss-20b-GGUF_gpt-oss-20b-mxfp4.gguf")
    write_header(cache / "models--org--repo" / "snapshots" / ("a" * 40) / "new.gguf")
    (cache / "other.gguf.downloadInProgress").write_bytes(b"GGUF")
    (cache / "manifest=org=repo=latest.json").write_text("{}")
    assert set(found(home)) == {
        "ggml-org_gpt-oss-20b-GGUF_gpt-oss-20b-mxfp4",
        "org/repo/new",
    }
    caches = [place for place in disk_scan.places() if place.kind == ModelSource.LLAMA_CPP]
    assert caches[-1].path.is_relative_to(home)
    assert caches[-1].path.name == "llama.cpp"


def test_chosen_folders_and_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_header(home / "mine" / "deep" / "one.GGUF")
    file = write_header(home / "dropped.bin")
    monkeypatch.chdir(home)
    models = found(home, Path("mine"), file, home / "nowhere")
    assert set(models) == {"deep/one", "dropped"}
    assert models["deep/one"].path == home / "mine" / "deep" / "one.GGUF"
    assert models["dropped"].place == SearchFolder(ModelSource.CHOSEN, file)


def test_a_place_is_named_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(home / ".ollama" / "models"))
    places = disk_scan.places([home / ".ollama" / "models"])
    paths = [place.path for place in places]
    assert len(paths) == len(set(paths))
    assert SearchFolder(ModelSource.OLLAMA, home / ".ollama" / "models") in places


# Problems.


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (gguf_bytes("llama"), UnsupportedArchitecture),
        (gguf_bytes(tensors=()), UnsupportedArchitecture),
        (DEMO.read_bytes()[:-200], ModelTruncated),
        (DEMO.read_bytes()[:5000], ModelTruncated),
        (b"<html>Not found</html>", NotGguf),
        (b"", NotGguf),
    ],
    ids=[
        "llama",
        "vocabulary",
        "cut",
        "cut in the header",
        "a page",
        "empty",
    ],
)
def test_a_file_that_cannot_run_says_why(
    tmp_path: Path, content: bytes, problem: type[Exception]
) -> None:
    (tmp_path / "some.gguf").write_bytes(content)
    model = only(tmp_path)
    assert type(model.problem) is problem
    assert (model.name, model.size) == ("some", len(content))


def test_another_architecture_is_named(tmp_path: Path) -> None:
    write_header(tmp_path / "a.gguf", "llama")
    (tmp_path / "c.gguf").write_bytes(gguf_bytes(tensors=()))
    problems = [model.problem for model in in_folder(tmp_path)]
    assert [getattr(problem, "architecture", "") for problem in problems] == [
        "llama",
        "vocabulary only",
    ]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("gpt-oss-20b-Q8_0.gguf", gguf_bytes("eagle3"), "eagle3"),
        ("gpt-oss-20b-Q8_0.gguf", gguf_bytes("dflash"), "dflash"),
        ("b.gguf", gguf_bytes("clip", type="mmproj"), "mmproj"),
        ("b.gguf", gguf_bytes("clip"), "clip"),
        ("b.gguf", gguf_bytes(type="adapter"), "adapter"),
        ("b.gguf", gguf_bytes(type="imatrix"), "imatrix"),
        ("mtp-gemma-4-E4B-it-Q8_0.gguf", gguf_bytes("gemma4"), "gemma4"),
        ("Nanbeige4.2-3B-imatrix.gguf", b"an older form of it", None),
    ],
)
def test_what_lies_beside_a_model_is_in_no_list(
    tmp_path: Path, name: str, content: bytes, kind: str | None
) -> None:
    """A person who opens it is told what it is."""
    (tmp_path / name).write_bytes(content)
    assert in_folder(tmp_path) == []
    problem = disk_scan.inspect(tmp_path / name).problem
    assert problem
    assert getattr(problem, "architecture", None) == kind


@pytest.mark.parametrize("name", ["eagle3-of-its-name.gguf", "Smtp-Assistant-7B-Q4_K_M.gguf"])
def test_bytes_say_more_than_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(whole(24, 32))
    model = only(tmp_path)
    assert (model.problem, model.offer) == (None, "gpt-oss-20b")


def test_another_conversion_of_an_offer_is_known(tmp_path: Path) -> None:
    for name, content in {
        "a.gguf": whole(36, 128),
        "b.gguf": whole(24, 32, type=2),  # smaller
        "c.gguf": whole(24, 32, finetune="abliterated"),
        "d.gguf": DEMO.read_bytes(),
    }.items():
        (tmp_path / name).write_bytes(content)
    assert [model.offer for model in in_folder(tmp_path)] == ["gpt-oss-120b", "", "", ""]


@needs_links
def test_a_hash_is_told_by_who_keeps_the_file(tmp_path: Path) -> None:
    hashed = "ab" * 32
    blob = tmp_path / "models--a--b" / "blobs" / hashed
    blob.parent.mkdir(parents=True)
    blob.write_bytes(DEMO.read_bytes())
    (link := tmp_path / "models--a--b" / "snapshots" / "c" / "m.gguf").parent.mkdir(parents=True)
    link.symlink_to(blob)
    (tmp_path / "plain.gguf").write_bytes(DEMO.read_bytes())
    assert {model.hashes for model in in_folder(tmp_path)} == {(hashed,), (None,)}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    write_header(tmp_path / "shut" / "a.gguf")
    file = write_header(tmp_path / "open" / "b.gguf")
    (tmp_path / "shut").chmod(0)
    file.chmod(0)
    try:
        assert isinstance(only(tmp_path).problem, ModelUnreadable)
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_a_split_model_is_one(tmp_path: Path) -> None:
    files = [write_header(tmp_path / f"big-{n:05}-of-00003.gguf") for n in (1, 2, 3)]
    model = only(tmp_path)
    assert (model.name, model.path, model.files) == ("big", files[0], tuple(files))
    assert model.size == sum(file.stat().st_size for file in files)
    assert model.problem is None
    (dropped,) = disk_scan.scan([SearchFolder(ModelSource.CHOSEN, files[1])])
    assert (dropped.name, dropped.path) == ("big", files[0])


def test_the_first_part_may_have_no_tensors(tmp_path: Path) -> None:
    """As written by gguf-split --no-tensor-first-split."""
    shapes = model_tensors()
    said = {"general.architecture": (gguf.STRING, "gpt-oss")} | model_metadata()
    for number, mine in ((1, {}), (2, shapes)):
        told = said | split_metadata(number, 2, len(shapes))
        (tmp_path / f"big-{number:05}-of-00002.gguf").write_bytes(packed(told, mine))
    assert only(tmp_path).problem is None


def test_the_header_says_of_how_many_files_a_model_is(tmp_path: Path) -> None:
    """The name does not count: a complete model may have such a name."""
    whole = tmp_path / "whole-00001-of-00003.gguf"
    shutil.copyfile(DEMO, whole)
    model = only(tmp_path)
    assert (model.name, model.files, model.problem) == ("whole", (whole,), None)
    assert probe.model(whole).path == whole
    whole.unlink()
    for n in (1, 2, 3):  # three files of it are three models
        write_header(tmp_path / f"{n}" / "some-00002-of-00003.gguf", part=(1, 1))
    assert [model.problem for model in in_folder(tmp_path)] == [None] * 3


@pytest.mark.parametrize("name", ["gpt-oss", "gpt-oss-00001-of-00002", "gpt-oss-00004-of-00003"])
def test_a_part_under_another_name_says_so(tmp_path: Path, name: str) -> None:
    files = [write_header(tmp_path / f"big-{n:05}-of-00003.gguf") for n in (1, 2, 3)]
    other = files[0].rename(tmp_path / f"{name}.gguf")
    (problem,) = (model.problem for model in in_folder(tmp_path) if model.path == other)
    assert isinstance(problem, ModelRenamed)
    assert problem.count == 3
    with pytest.raises(ModelRenamed):
        probe.model(other)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_part_that_is_not_there_is_named(tmp_path: Path, lost: int) -> None:
    files = [write_header(tmp_path / f"big-{n:05}-of-00003.gguf") for n in (1, 2, 3)]
    files.pop(lost - 1).unlink()
    model = only(tmp_path)
    assert isinstance(model.problem, ModelMissing)
    assert model.problem.path.name == f"big-{lost:05}-of-00003.gguf"
    assert (model.path, model.files) == (files[0], tuple(files))


def test_a_part_that_is_cut_is_named(tmp_path: Path) -> None:
    for n in (1, 2):
        write_header(tmp_path / f"big-{n:05}-of-00002.gguf")
    cut = tmp_path / "big-00002-of-00002.gguf"
    cut.write_bytes(cut.read_bytes()[:-8])
    problem = only(tmp_path).problem
    assert isinstance(problem, ModelTruncated)
    assert problem.path == cut


@pytest.mark.parametrize("name", ["a-00004-of-00003", "a-00000-of-00003", "a-00001-of-99999"])
def test_numbers_that_count_no_parts(tmp_path: Path, name: str) -> None:
    write_header(tmp_path / f"{name}.gguf")
    assert only(tmp_path).problem is None


# A file that a person opens.


def test_any_part_is_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [write_header(tmp_path / f"big-{n:05}-of-00003.gguf") for n in (1, 2, 3)]
    monkeypatch.chdir(tmp_path)
    for opened in (*files, Path("big-00002-of-00003.gguf")):
        model = disk_scan.inspect(opened)
        assert (model.name, model.path, model.files) == ("big", files[0], tuple(files))
        assert (model.size, model.problem) == (sum(f.stat().st_size for f in files), None)
        assert model.place.kind == ModelSource.CHOSEN


def test_a_file_of_the_hub_keeps_its_name(home: Path) -> None:
    path = hub_file(home / "hub", "org/repo", "a" * 40, "q4/model.gguf", gguf_bytes())
    assert disk_scan.inspect(path).name == "org/repo/q4/model"
    assert only(path).name == only(path.parent).name == "org/repo/q4/model"


def test_what_is_opened_may_be_anything(tmp_path: Path) -> None:
    gone = disk_scan.inspect(tmp_path / "gone.gguf")
    assert isinstance(gone.problem, ModelMissing)
    assert (gone.path, gone.files, gone.size) == (tmp_path / "gone.gguf", (), 0)
    assert isinstance(disk_scan.inspect(tmp_path).problem, ModelUnreadable)
    assert disk_scan.inspect(Path("/")).problem is not None
    strange = disk_scan.inspect(write_header(tmp_path / "-00001-of-00001.gguf"))
    assert (strange.name, strange.problem) == ("", None)
    assert disk_scan.inspect(write_header(tmp_path / "dropped")).problem is None


# Ways.


@needs_links
def test_links_to_one_file_are_one_model(home: Path) -> None:
    file = write_header(home / ".lmstudio" / "models" / "a" / "b" / "c.gguf")
    mine = home / "mine"
    mine.mkdir()
    (mine / "link.gguf").symlink_to(file)
    os.link(file, mine / "hard.gguf")
    (mine / "folder").symlink_to(file.parent)
    shutil.copy(file, mine / "copy.gguf")
    assert set(found(home, mine)) == {"a/b/c", "copy"}


@needs_links
def test_links_in_circles_and_to_nothing(tmp_path: Path) -> None:
    write_header(tmp_path / "a" / "b" / "model.gguf")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "beside").symlink_to(tmp_path / "a")
    (tmp_path / "self.gguf").symlink_to(tmp_path / "self.gguf")
    (tmp_path / "gone.gguf").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder.gguf").mkdir()
    assert only(tmp_path).name == "a/b/model"


def test_paths_that_no_file_can_have(home: Path) -> None:
    """In the settings of other programs, and in Jan's description."""
    (home / ".lmstudio-home-pointer").write_bytes(b"a\0b")
    (home / ".lmstudio").mkdir()
    (home / ".lmstudio" / "settings.json").write_text(r'{"downloadsFolder": "\ud800\u0000"}')
    description = home / "jan" / "llamacpp" / "models" / "a" / "model.yml"
    description.parent.mkdir(parents=True)
    description.write_bytes(b"model_path: x\0y\n")
    assert isinstance(found(home)["a"].problem, ModelMissing)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="of POSIX")
def test_a_pipe_is_never_opened(home: Path) -> None:
    os.mkfifo(home / "pipe.gguf")
    os.mkfifo(home / ".lmstudio-home-pointer")
    way = home / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / "library" / "a"
    way.mkdir(parents=True)
    os.mkfifo(way / "b")
    assert found(home, home) == {}


def test_what_is_unfinished_is_not_listed(tmp_path: Path) -> None:
    for suffix in ("incomplete", "part", "tmp", "downloading", "downloadInProgress", "fireside"):
        write_header(tmp_path / f"model.gguf.{suffix}")
    write_header(tmp_path / "._model.gguf")
    write_header(disk_scan.unfinished(tmp_path / "model.gguf"))
    # Placed one after another, as in the last step of a move.
    write_header(tmp_path / "big-00001-of-00002.gguf")
    write_header(disk_scan.unfinished(tmp_path / "big-00002-of-00002.gguf"))
    assert in_folder(tmp_path) == []


def test_only_headers_are_read(tmp_path: Path) -> None:
    """Fifty sparse files of many gigabytes among thousands of others."""
    for n in range(50):
        path = write_header(tmp_path / str(n) / "large.gguf")
        os.truncate(path, 20_000_000_000)
    for n in range(3000):
        (tmp_path / str(n % 50) / f"{n}.json").touch()
    assert sum(model.size for model in in_folder(tmp_path)) == 50 * 20_000_000_000


def test_stop(tmp_path: Path) -> None:
    for n in range(10):
        write_header(tmp_path / f"{n}.gguf")
    stop = threading.Event()
    models = disk_scan.scan([SearchFolder(ModelSource.CHOSEN, tmp_path)] * 2, stop)
    assert next(models).name == "0"
    stop.set()
    assert list(models) == []


def test_stop_where_there_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        (tmp_path / str(n)).mkdir()
    stop = threading.Event()
    real, entered = os.scandir, []

    def scandir(folder: Path) -> object:
        entered.append(folder)
        if len(entered) == 3:
            stop.set()
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(disk_scan.scan([SearchFolder(ModelSource.CHOSEN, tmp_path)], stop)) == []
    assert len(entered) == 3
