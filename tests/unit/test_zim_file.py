"""ZIM files: what is read, and what damaged and hostile ones do."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from app.tools.browser.encyclopaedia.title_search import titles_like
from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_cluster import LARGEST
from app.tools.browser.encyclopaedia.zim_file import ZimFile
from tests.fakes.zim_file import PLAIN, XZ, ZSTD, Entry, metadata, page, zim

TITLES = [
    "Copper",
    "Copper Age",
    "Electrical resistivity",
    "France",
    "Capital of France",
    "東京",
    "Ärger",
]


def entries(space: str = "C") -> list[Entry]:
    pages = [page(title, f"<p>About {title}.", space) for title in TITLES]
    redirect = Entry("Cu", title="Cu", space=space, to="Copper")
    picture = Entry("x.png", b"\x89PNG", space="I" if space == "A" else "C", mime=3)
    return [*pages, redirect, picture, *metadata(Title="Test", Language="eng")]


def opened(tmp_path: Path, data: bytes, name: str = "a.zim") -> ZimFile:
    path = tmp_path / name
    path.write_bytes(data)
    return ZimFile(path)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("kind", [PLAIN, XZ, ZSTD])
def test_every_kind(tmp_path: Path, kind: int, extended: bool, old: bool) -> None:
    space = "A" if old else "C"
    written = entries(space)
    file = opened(tmp_path, zim(written, kind=kind, extended=extended, old=old, main="Copper"))
    assert file.articles == space
    assert file.metadata("Title") == "Test"
    assert file.metadata("No") == ""
    assert file.entry(file.main).title == "Copper"
    for each in written:
        found = file.find(each.space, each.path)
        assert found is not None
        assert (found.path, found.title) == (each.path, each.title or each.path)
        assert file.content(found) == (each.content or written[0].content)
    assert file.find(space, "Nothing") is None
    assert {each.title for each in file.pages()} == set(TITLES)
    titles = [file.by_title(place).title for place in range(file.titles)]
    assert titles == sorted(titles, key=str.encode)
    assert set(TITLES) <= set(titles)
    file.close()


def test_parts(tmp_path: Path) -> None:
    data = zim(entries())
    for number, letter in enumerate("abc"):
        (tmp_path / f"w.zima{letter}").write_bytes(
            data[number * 400 : (number + 1) * 400 if number < 2 else None]
        )
    file = ZimFile(tmp_path / "w.zimaa")
    assert file.content(next(e for e in file.pages() if e.title == "東京"))
    file.close()
    (tmp_path / "w.zimab").unlink()
    with pytest.raises(ZimFault):
        ZimFile(tmp_path / "w.zimaa")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("copper", ["Copper", "Copper Age"]),
        ("What is the capital of France?", ["Capital of France", "France"]),
        ("electrical RESISTIVITY of copper", ["Electrical resistivity", "Copper"]),
        ("cu", ["Copper"]),
        ("東京", ["東京"]),
        ("ärger", ["Ärger"]),
        ("elect", ["Electrical resistivity"]),
        ("what is it", []),
        ("", []),
    ],
)
def test_titles_that_a_question_means(tmp_path: Path, query: str, first: list[str]) -> None:
    file = opened(tmp_path, zim(entries()))
    assert [each.title for each in titles_like(file, query, 10)][: len(first)] == first
    file.close()


@pytest.mark.parametrize("data", [b"", b"ZIM", b"PK\3\4" * 100, b"ZIM\4" + bytes(76)])
def test_what_is_no_zim_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ZimFault):
        opened(tmp_path, data)
    with pytest.raises(ZimFault):
        ZimFile(tmp_path)
    with pytest.raises(ZimFault):
        ZimFile(tmp_path / "none.zim")


def _all_of(file: ZimFile) -> None:
    for number in range(min(file.count, 100)):
        file.content(file.entry(number))
    for place in range(min(file.titles, 100)):
        file.by_title(place)
    list(file.pages())
    titles_like(file, "copper", 10)


@pytest.mark.parametrize("kind", [PLAIN, XZ, ZSTD])
def test_damaged_files_are_faults_and_nothing_else(tmp_path: Path, kind: int) -> None:
    whole = zim(entries(), kind=kind)
    dice = random.Random(kind)
    faults = 0
    for number in range(150):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[dice.randrange(len(data)) :]
        for _ in range(dice.randint(1, 8)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            file = opened(tmp_path, bytes(data))
        except ZimFault:
            faults += 1
            continue
        try:
            _all_of(file)
        except ZimFault:
            faults += 1
        finally:
            file.close()
    assert faults > 50


def test_redirects_in_circles(tmp_path: Path) -> None:
    file = opened(tmp_path, zim([Entry("a", to="b"), Entry("b", to="a"), page("P", "x")]))
    found = file.find("C", "a")
    assert found is not None
    with pytest.raises(ZimFault, match="circles"):
        file.content(found)
    file.close()


def test_a_cluster_that_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    huge = Entry("huge", bytes(LARGEST + 1), "Huge")
    file = opened(tmp_path, zim([huge, page("P", "x")], per_cluster=1))
    found = file.find("C", "huge")
    assert found is not None
    with pytest.raises(ZimFault, match="too large"):
        file.content(found)
    with pytest.raises(ZimFault, match="too large"):
        file.content(found, LARGEST * 2)
    file.close()
    many = bytearray(zim([page("P", "x")], kind=PLAIN))
    place = many.index(struct.pack("<II", 8, 8 + len(page("P", "x").content)))
    many[place : place + 4] = struct.pack("<I", 0xFFFFFFFC)
    file = opened(tmp_path, bytes(many), "b.zim")
    with pytest.raises(ZimFault):
        _all_of(file)
    file.close()
