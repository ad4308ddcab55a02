"""The index of a folder: what is found, in which order, and what becomes of its file."""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import Cancelled
from app.tools.browser.files.file_index import (
    FileIndex,
    IndexedText,
    IndexFault,
    IndexFull,
    KnownFile,
)
from app.tools.browser.files.index_file import IndexDamaged, IndexFile
from app.tools.browser.files.passages import passages
from app.tools.browser.finding import passage_line
from app.tools.browser.page import wrapped
from app.tools.browser.source import PageText
from app.tools.browser.viewport import last_line

FILLER = "Nothing of interest is said in this sentence. " * 30
DOCUMENTS = {
    "en/printing.html": ("Printing", "# Setup\n\nThe printers are configured with CUPS."),
    "en/firewall.md": ("Firewall", "# Rules\n\nThe firewall filters packets. Configuration: nft."),
    "en/code.md": (
        "Code",
        "Call getElementById or os.path.join, and set shared_buffers.\n--no-warn",
    ),
    "de/drucker.html": ("Drucker", "Wie Sie die Drucker einrichten, steht in diesem Kapitel."),
    "de/platte.html": ("Größe", "Die Größe der Partition und die Festplattenverschlüsselung."),
    "de/bild.html": ("Bilder", "So können Sie ein Bild einfügen, das nicht zu groß ist."),
    "zh/防火墙.html": ("防火墙", "如何配置防火墙：数据包过滤由内核完成。"),
    "zh/打印.html": ("打印机", "在设置中可以添加打印机。"),
    "ja/印刷.html": ("印刷", "プリンターの設定は、システムのメニューから行います。"),
    "ko/인쇄.html": ("인쇄", "프린터를 설정하려면 메뉴를 여십시오."),
    "th/พิมพ์.html": ("การพิมพ์", "วิธีตั้งค่าเครื่องพิมพ์ในระบบ"),
    "ru/печать.html": ("Печать", "Настройка принтеров описана в этой главе."),
    "ar/طباعة.html": ("الطباعة", "يمكنك إعداد الطابعات من القائمة."),
    "el/εκτύπωση.html": ("Εκτύπωση", "Οι ρυθμίσεις του εκτυπωτή."),
    "hi/छपाई.html": ("छपाई", "प्रिंटर की सेटिंग यहाँ है।"),
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[FileIndex]:
    index = FileIndex(tmp_path / "index.db")
    yield index
    index.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileIndex]:
    index = FileIndex(tmp_path_factory.mktemp("library") / "index.db")
    index.put(IndexedText(path, title, text) for path, (title, text) in DOCUMENTS.items())
    yield index
    index.close()


def paths(index: FileIndex, query: str, count: int = 10) -> list[str]:
    return [found.relative for found in index.search(query, count)]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("printer", "en/printing.html"),
        ("How do I configure the FIREWALL?", "en/firewall.md"),
        ("getelementbyid", "en/code.md"),
        ("element id", "en/code.md"),
        ("os.path.join", "en/code.md"),
        ("shared_buffers", "en/code.md"),
        ("shared buffers", "en/code.md"),
        ("--no-warn", "en/code.md"),
        ("Drucker", "de/drucker.html"),
        ("des Druckers", "de/drucker.html"),
        ("Wie richte ich den Drucker ein?", "de/drucker.html"),
        ("Wie füge ich ein ein?", "de/bild.html"),
        ("grosse", "de/platte.html"),
        (unicodedata.normalize("NFD", "Größe"), "de/platte.html"),
        ("防火墙", "zh/防火墙.html"),
        ("怎么配置防火墙？", "zh/防火墙.html"),
        ("包", "zh/防火墙.html"),
        ("完成", "zh/防火墙.html"),
        ("ＣＵＰＳ", "en/printing.html"),
        ("プリンター", "ja/印刷.html"),
        ("프린터", "ko/인쇄.html"),
        ("เครื่องพิมพ์", "th/พิมพ์.html"),
        ("принтер", "ru/печать.html"),
        ("الطابعات", "ar/طباعة.html"),
        ("طابعات", "ar/طباعة.html"),
        ("εκτυπωτη", "el/εκτύπωση.html"),
        ("प्रिंटर", "hi/छपाई.html"),
        ("nothing but firewall zebra", "en/firewall.md"),
    ],
)
def test_words_of_all_scripts_are_found(library: FileIndex, query: str, path: str) -> None:
    assert paths(library, query)[:1] == [path]


@pytest.mark.parametrize("query", ["", "  ", "zebra", "?!", "\0", "\ud800", "【3†x】†"])
def test_nothing_is_found_for_what_is_not_there(library: FileIndex, query: str) -> None:
    assert paths(library, query) == []


@pytest.mark.parametrize(
    "query",
    [
        'firewall"', '"firewall', "firewall*", "title:firewall", "firewall AND", "NEAR(firewall",
        "-firewall", "^firewall", "{title}: firewall", "firewall OR (", "firewall \0 \ud800",
        "firewall; DROP TABLE words", "firewall " + "a" * 100_000, "firewall " + "( " * 50_000,
        "firewall " + "a b " * 25_000, "firewall " + "墙" * 100_000, "firewall" + "_x" * 400,
    ],
)  # fmt: skip
def test_a_query_is_never_syntax(library: FileIndex, query: str) -> None:
    assert isinstance(paths(library, query), list)
    assert paths(library, "firewall")  # it is still there


@settings(max_examples=25)
@given(st.text(max_size=80))
def test_every_query_is_answered(library: FileIndex, query: str) -> None:
    assert len(paths(library, query, 3)) <= 3


def test_words_that_ask_are_searched_for_if_there_are_no_others(index: FileIndex) -> None:
    index.put([IndexedText("who.txt", "The Who", "The Who is a band.")])
    assert paths(index, "who is the") == ["who.txt"]


def test_a_title_counts_more_than_the_text(index: FileIndex) -> None:
    body = f"{FILLER} copper {FILLER}"
    index.put([IndexedText("a", "Metals", body), IndexedText("b", "Copper", FILLER)])
    assert paths(index, "copper")[0] == "b"


def test_what_has_more_of_the_words_comes_first(index: FileIndex) -> None:
    index.put(
        [
            IndexedText("one", "x", f"copper {FILLER}"),
            IndexedText("both", "x", f"{FILLER} Much later, copper. {FILLER} And zinc"),
            IndexedText("near", "x", f"{FILLER} copper and zinc"),
        ]
    )
    assert paths(index, "copper zinc") == ["near", "both", "one"]


def test_the_language_of_a_question_counts(index: FileIndex) -> None:
    index.put(
        [
            IndexedText("en", "x", "How the apt hold of a package is set with apt hold."),
            IndexedText("de", "x", "Wie man mit apt hold das Paket behalten kann."),
            IndexedText("zh", "x", "用 apt hold 可以让软件包不再升级。"),
        ]
    )
    assert paths(index, "how do I use apt hold")[0] == "en"
    assert paths(index, "wie geht apt hold")[0] == "de"
    assert paths(index, "apt hold 软件")[0] == "zh"


def test_the_same_text_is_shown_once(index: FileIndex) -> None:
    texts = [IndexedText(f"copy{n}", "x", f"copper\n{FILLER}") for n in range(5)]
    index.put([*texts, IndexedText("other", "x", f"copper {FILLER}\nThe end.")])
    assert len(paths(index, "copper")) == 2


def test_a_long_document_does_not_hide_the_others(index: FileIndex) -> None:
    pages = "".join(f"# Copper {n}\n\n{'copper ' * 40}{n}\n{FILLER}" for n in range(450))
    index.put([IndexedText("long", "Copper", pages)])
    index.put(IndexedText(f"{n}", "x", f"{n} {FILLER} copper, it is said {n}") for n in range(3))
    assert len(paths(index, "copper")) == 4


def test_what_is_alike_comes_after_what_is_not(index: FileIndex) -> None:
    bill = "An invoice about copper, to be paid within thirty days to our account in Hamburg, month"
    index.put(IndexedText(f"bill {n}", "x", f"{bill} {n}.") for n in range(5))
    index.put([IndexedText("note", "x", f"Not long ago somebody asked what copper is. {FILLER}")])
    assert paths(index, "copper month 3")[:2] == ["bill 3", "note"]
    assert len(paths(index, "copper month 3")) == 6


def test_a_menu_that_stands_on_every_page_is_shown_once(index: FileIndex) -> None:
    menu = "* Copper\n* Zinc\n" + FILLER * 2
    index.put(IndexedText(f"p{n}", "x", f"{menu}\n# Page {n}\n{FILLER * 2}") for n in range(9))
    index.put([IndexedText("it", "x", f"{menu}\n# Zinc\n\nZinc is a metal.")])
    assert "it" in paths(index, "zinc", 3)


def test_a_result_leads_to_its_lines(index: FileIndex) -> None:
    before = "\n\n".join(f"# Chapter {n}\n\n{FILLER}" for n in range(60))
    answer = "The 【0†melting point】 of copper\nis 1085 °C, as everybody knows."
    index.put(
        [IndexedText("metals.md", "Metals", f"{before}\n\n{answer}\n\n{before}", ("files:/x",))]
    )
    (found,) = index.search("melting point of copper", 5)
    assert found.title == "Metals"
    assert found.summary.startswith("… The melting point of copper is 1085 °C, as everybody knows.")
    text = index.text("metals.md")
    assert text
    assert text.text == f"{before}\n\n{answer}\n\n{before}"
    page = wrapped(PageText("files:/metals.md", text.title, text.text, text.links))
    line = passage_line(page, found.passage)
    assert line > 60
    assert any("1085" in shown for shown in page.lines[line : last_line(page, line) + 1])


def test_a_page_opens_at_the_passage_before_if_that_fits_too(index: FileIndex) -> None:
    for before, begins in (("Copper has a melting point.", "# Two"), ("Copper.", "# Three")):
        chapters = [
            f"# One\n\n{FILLER}", f"# Two\n\n{before} {FILLER}",
            f"# Three\n\nThe melting point of copper is a melting point. {FILLER}",
            *(f"# {n}\n\n{FILLER}" for n in range(9)),
        ]  # fmt: skip
        index.put([IndexedText("it", "x", "\n\n".join(chapters))])
        (found,) = index.search("melting point of copper", 5)
        assert found.passage.startswith(begins)
        assert found.summary.startswith("… The melting point of copper is")


def test_a_summary_is_short_in_all_scripts(index: FileIndex) -> None:
    index.put(
        [IndexedText("zh", "x", "防火墙" + "很长的文字" * 500), IndexedText("en", "x", FILLER * 9)]
    )
    for query in ("防火墙", "interest"):
        (found,) = index.search(query, 1)
        assert 30 < len(found.summary.encode()) < 300
        assert "\n" not in found.summary


def test_a_document_is_replaced_and_removed(index: FileIndex) -> None:
    index.put([IndexedText("a", "Copper", "copper", size=1, mtime_ns=2, fingerprint="3")])
    assert index.known() == {"a": KnownFile(1, 2, "3")}
    assert index.stamp("a") == (1, 2)
    index.put([IndexedText("a", "Zinc", f"zinc {FILLER * 3}")])
    assert (paths(index, "copper"), paths(index, "zinc")) == ([], ["a"])
    index.remove(["a", "b"])
    assert (paths(index, "zinc"), index.known(), index.text("a"), index.stamp("a")) == (
        [],
        {},
        None,
        None,
    )


def test_no_trace_of_a_removed_document_stays(index: FileIndex, tmp_path: Path) -> None:
    index.put(IndexedText(f"{n}", "x", f"word{n} {FILLER}") for n in range(30))
    index.put([IndexedText("secret", "x", f"xylophone {FILLER}")])
    index.remove(["secret"])
    while index.tidy():
        pass
    index.close()
    assert not any(b"xylophon" in path.read_bytes() for path in tmp_path.iterdir())


def test_names_and_texts_need_not_be_unicode(index: FileIndex) -> None:
    names = ["a\udcff.txt", "b\ud800", "c/\U0001f600 \u202e.txt"]
    index.put(IndexedText(name, f"t\udcff{name}", "copper \ud800 zinc") for name in names)
    assert set(index.known()) == set(names)
    assert set(paths(index, "copper")) <= set(names)
    assert index.text(names[0]) is not None
    index.remove(names)
    assert not index.known()


def test_texts_need_not_be_kept(tmp_path: Path) -> None:
    index = FileIndex(tmp_path / "index.db", stored=False)
    index.put([IndexedText("a", "Copper", f"copper {FILLER}"), IndexedText("b", "Zinc", "zinc")])
    (found,) = index.search("copper", 5)
    assert (found.relative, found.title, found.summary, found.passage) == ("a", "Copper", "", "")
    assert index.text("a") is None
    index.remove(["a"])
    assert paths(index, "copper") == []
    index.put([IndexedText("c", "x", "tin")])
    assert paths(index, "copper tin") == ["c"]
    index.close()


def test_a_search_is_cancelled(index: FileIndex) -> None:
    index.put(IndexedText(f"{n}", "x", f"copper {n}") for n in range(1000))
    cancel = threading.Event()
    assert index.search("copper", 1, cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        index.search("copper", 1, cancel)
    assert index.search("copper", 1)


def test_threads_read_while_one_writes(index: FileIndex) -> None:
    index.put([IndexedText("first", "x", "copper")])
    faults: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(60):
                assert "first" in paths(index, "copper", 50)
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        index.put([IndexedText(f"{n}", "x", f"copper {n}")])
    for thread in threads:
        thread.join()
    assert not faults
    assert len(paths(index, "copper", 50)) == 21


def test_what_is_written_in_a_batch_is_there_together_or_not_at_all(index: FileIndex) -> None:
    def texts() -> Iterator[IndexedText]:
        yield IndexedText("a", "x", "copper")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.put(texts())
    assert not index.known()
    index.put([IndexedText("b", "x", "copper")])
    assert list(index.known()) == ["b"]


@pytest.mark.parametrize("damage", ["foreign", "nonsense", "empty", "middle", "cut"])
def test_a_damaged_file_is_thrown_away(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "index.db"
    index = FileIndex(path)
    texts = [IndexedText(f"{n}", "x", f"copper {n} {FILLER}") for n in range(60)]
    index.put(texts)
    index.close()
    if damage == "foreign":
        path.unlink()
        db = sqlite3.connect(path)
        db.executescript("CREATE TABLE document (x); PRAGMA user_version = 3")
        db.close()
    else:
        data = path.read_bytes()
        wrong = {"nonsense": b"nonsense" * 999, "empty": b"", "cut": data[: len(data) // 2]}
        middle = data[:8192] + b"\x5a" * (len(data) - 8192)
        path.write_bytes(wrong.get(damage, middle))
    index = FileIndex(path)
    for attempt in range(3):
        try:
            known = index.known()
            found = index.search("copper", 3)
            index.put(texts)
            break
        except IndexDamaged:
            assert attempt < 2
    assert (known, found) == ({}, [])
    assert len(index.search("copper", 3)) == 3
    index.close()


def test_an_index_of_another_version_is_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    index = FileIndex(path)
    index.put([IndexedText("a", "x", "copper")])
    index.close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    index = FileIndex(path)
    assert index.known() == {}
    index.put([IndexedText("b", "x", "copper")])
    assert paths(index, "copper") == ["b"]
    index.close()


def test_readers_see_that_another_process_has_built_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    reader, writer = FileIndex(path), FileIndex(path)
    assert reader.search("copper", 1) == []
    writer.put([IndexedText("a", "x", "copper")])
    assert paths(reader, "copper") == ["a"]
    writer.close()
    for file in tmp_path.iterdir():
        file.rename(file.with_suffix(".away"))
    writer = FileIndex(path)
    writer.put([IndexedText("b", "x", "copper")])
    assert paths(reader, "copper") == ["b"]
    writer.close()
    reader.close()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    file = IndexFile(tmp_path / "index.db", 1, "CREATE TABLE t (x)")
    with file.writing() as db:
        db.execute("PRAGMA max_page_count = 9")
    with pytest.raises(IndexFull), file.writing() as db:
        db.execute("INSERT INTO t VALUES (zeroblob(99999))")
    with file.reading() as reader:
        assert reader
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
    file.close()


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    index = FileIndex(tmp_path / "file" / "index.db")
    with pytest.raises(IndexFault):
        index.put([IndexedText("a", "x", "copper")])
    index.close()


def test_a_closed_index_finds_nothing(index: FileIndex) -> None:
    index.put([IndexedText("a", "x", "copper")])
    assert index.size > 0
    index.close()
    assert index.search("copper", 1) == []
    with pytest.raises(IndexFault):
        index.put([IndexedText("b", "x", "copper")])


@given(
    st.lists(
        st.sampled_from(["# A", "## B b", "", "text " * 40, "汉字" * 900, "x" * 5000]), max_size=30
    )
)
def test_passages_are_the_whole_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = list(passages(text))
    assert "".join(text[one.start : one.end] for one in found) == text
    assert all(len(text[one.start : one.end].encode()) <= 6200 for one in found)


def test_a_passage_knows_its_headings() -> None:
    text = f"# One\n{FILLER}\n## Two\n{FILLER}\n# Three\n{FILLER}"
    headings = list(dict.fromkeys(one.headings for one in passages(text)))
    assert headings == ["One", "One › Two", "Three"]
