"""Attached files: every kind, and the problems of some."""

from __future__ import annotations

import io
import multiprocessing
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import docx
import pytest

from app.base import errors as e
from app.base.resources import resource
from app.base.types import Endpoint, Message, ModelRef, Part, PartKind, Request, Role
from app.documents import Document, DocumentKind, DocumentReader, worker
from app.formats.token_estimate import estimated_tokens
from tests.fakes import document_processes
from tests.fakes.pdf_file import pdf
from tests.fakes.vocabulary import of_file, render

MODEL = resource("models", "demo-gpt-oss.gguf")
PAGE = """<!doctype html><html><head><title>Of &amp; fruit</title><style>p { x }</style>
<script>alert("<p>no</p>")</script></head><body><h2>Two  <b>kinds</b></h2><p>Apples
are&nbsp;red<br>or green.<svg><text>no</text></svg></p><ul><li>one<li>two <i>x</i></ul>
<table><tr><td>a</td><td>b</td></tr><tr><th>c<th>d</table><pre>
if x:
    y  z
</pre><p>End<noscript>no</noscript></body></html>"""
SEEN = """Of & fruit

## Two kinds

Apples are red
or green.

- one
- two x

a | b
c | d

if x:
    y  z

End"""


@pytest.fixture
def reader() -> Iterator[DocumentReader]:
    reader = DocumentReader()
    yield reader
    reader.close()


def read(path: Path) -> Document:
    """Read a file in this process."""
    return worker.read(path, lambda *_: None)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def text(document: Document) -> str:
    return document.text(range(len(document.sections)))


def word(*, heading: str = "Fruit") -> bytes:
    made = docx.Document()
    made.add_heading(heading, 2)
    made.add_paragraph("Apples are red.")
    table = made.add_table(2, 3)
    for cell, said in zip(table.row_cells(0), "abc", strict=True):
        cell.text = said
    table.cell(1, 0).merge(table.cell(1, 1)).text = "joined\nlines"
    table.cell(1, 2).text = "d"
    made.add_paragraph("one", style="List Bullet")
    made.add_paragraph("two", style="List Number")
    made.add_paragraph("End")
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def repacked(old: bytes, **changed: bytes) -> bytes:
    """Return a Word file in which document.xml or another part is replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(old)) as one, zipfile.ZipFile(file, "w") as other:
        for info in one.infolist():
            stem = Path(info.filename).stem
            other.writestr(info, changed.get(stem, one.read(info)))
    return file.getvalue()


# --- Kinds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.md", b"# Title\r\n\r\ntext\r", "# Title\n\ntext"),
        ("a.csv", "Größe;12\n".encode(), "Größe;12"),
        ("a.json", b'{"a": [1]}', '{"a": [1]}'),
        ("noname", b"a\x1b[0m", "a"),
        ("a.txt", "\ufeffmark".encode(), "mark"),
        ("a.txt", "Grüße 天".encode("utf-16"), "Grüße 天"),
        ("a.txt", b"\xfe\xff" + "Grüße".encode("utf-16-be"), "Grüße"),
        ("a.txt", "天".encode("utf-32"), "天"),
        (
            "a.txt",
            "Die Straße ist schön, die Bäume grünen, und überall hört man Vögel.".encode("cp1252"),
            "Die Straße ist schön, die Bäume grünen, und überall hört man Vögel.",
        ),
        ("a.svg", b"<svg></svg>", "<svg></svg>"),  # a picture that is text
        ("a.html", PAGE.encode(), SEEN),
        ("page", PAGE.encode(), SEEN),
        (
            "a.htm",
            b'<meta charset="iso-8859-2"><p>' + "Zażółć gęślą jaźń".encode("iso-8859-2"),
            "Zażółć gęślą jaźń",
        ),
        ("a.html", b"<p>never <b>closed <script>swallowed", "never closed"),
    ],
)
def test_text(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    document = read(put(tmp_path, name, content))
    assert text(document) == said
    assert (document.name, document.paged) == (name, False)
    assert document.kind is (DocumentKind.HTML if b"<p>" in content else DocumentKind.TEXT)


def test_a_pdf_has_pages(reader: DocumentReader, tmp_path: Path) -> None:
    path = put(tmp_path, "größe 天.pdf", b"junk\n" + pdf(["One (1)\nline", "", "Three"]))
    seen: list[tuple[int, int]] = []
    document = reader.read(path, threading.Event(), lambda *now: seen.append(now)).result(60)
    assert document == Document("größe 天.pdf", DocumentKind.PDF, ("One (1)\nline", "", "Three"))
    assert document.text(range(1, 3)) == "[Page 2]\n\n\n[Page 3]\nThree"
    assert seen == [(0, 3), (1, 3), (2, 3)]


def test_a_word_file_keeps_its_order(tmp_path: Path) -> None:
    document = read(put(tmp_path, "a.docx", word()))
    assert text(document) == (
        "## Fruit\n\nApples are red.\n\na | b | c\njoined lines | d\n\n- one\n1. two\n\nEnd"
    )


def test_long_text_can_be_cut_at_its_lines() -> None:
    lines = "".join(f"line {n}\n" for n in range(100_000))
    document = Document.of_part(Part(lines, PartKind.FILE, "a.txt"))
    assert "".join(document.sections) == lines
    assert 1000 < len(document.sections) < 5000
    assert all(section.endswith("\n") for section in document.sections)
    one_line = Document.of("a.txt", DocumentKind.TEXT, "x" * 1000)
    assert [len(section) for section in one_line.sections] == [400, 400, 200]


# --- What is wrong with some --------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;">]><w:document xmlns:w=
"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&c;</w:t>
</w:r></w:p></w:body></w:document>"""


def swollen() -> bytes:
    """Return a Word file whose first part claims to have 4 GB."""
    content = bytearray(word())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = b"\xf0\xff\xff\xff"
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.png", PNG, e.DocumentImage),
        ("a.txt", PNG, e.DocumentImage),
        ("a.jpg", b"\xff\xd8\xff\xe0", e.DocumentImage),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", e.DocumentImage),
        ("a.heic", b"\x00\x00\x00\x18ftypheic", e.DocumentImage),
        ("a.bmp", b"BM\x00\x00", e.DocumentImage),
        ("a.bin", bytes(range(256)), e.DocumentUnknown),
        ("a.txt", b"\x01\x02\x03\x04 text", e.DocumentUnknown),
        ("a.xlsx", word(), e.DocumentUnknown),
        ("a.doc", OLE, e.DocumentUnknown),
        ("a.rtf", b"{\\rtf1 x}", e.DocumentUnknown),
        ("a", b"\x7fELF" + b"text " * 99, e.DocumentUnknown),
        ("a", b"SQLite format 3\0" + b"CREATE TABLE a" * 99, e.DocumentUnknown),
        ("a.txt", b"GGUF\3\0\0\0" + b"general.architecture" * 99, e.DocumentUnknown),
        ("a.txt", b"notes.txt" + bytes(248) + b"ustar\0" + b"text " * 99, e.DocumentUnknown),
        ("a.zip", b"PK\5\6" + bytes(18), e.DocumentUnknown),
        ("a.docx", OLE, e.DocumentEncrypted),
        ("a.docx", word()[:2000], e.DocumentBroken),
        ("a.docx", b"PK\x03\x04" + bytes(100), e.DocumentBroken),
        ("a.docx", repacked(word(), document=b"<w:document>"), e.DocumentBroken),
        ("a.docx", repacked(word(), document=BOMB), e.DocumentBroken),
        ("a.docx", swollen(), e.DocumentTooLarge),
        ("a.pdf", pdf(["secret"], locked=True), e.DocumentEncrypted),
        ("a.pdf", b"%PDF-1.7\nnothing else", e.DocumentBroken),
        ("a.pdf", pdf(["", ""]), e.DocumentEmpty),
        ("a.txt", b" \n", e.DocumentEmpty),
        ("a.html", b"<script>x</script>", e.DocumentEmpty),
    ],
)
def test_what_gives_no_text_says_why(
    tmp_path: Path, name: str, content: bytes, error: type[e.DocumentError]
) -> None:
    path = put(tmp_path, name, content)
    with pytest.raises(error) as caught:
        read(path)
    assert type(caught.value) is error
    assert caught.value.path == path
    if name == "a.pdf" and isinstance(caught.value, e.DocumentEmpty):
        assert caught.value.pages == 2


def test_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(e.DocumentUnreadable):
            read(path)
    large = put(tmp_path, "large.txt", b"text")
    with large.open("r+b") as file:
        file.truncate(10**9)  # sparse
    with pytest.raises(e.DocumentTooLarge):
        read(large)
    put(tmp_path, "long.txt", b"word " * 5_000_000)
    with pytest.raises(e.DocumentTooLong):
        read(tmp_path / "long.txt")


# --- Tokens -------------------------------------------------------------------------------


def test_tokens_are_those_of_the_model(reader: DocumentReader, tmp_path: Path) -> None:
    pieces = ["", "Größe <|end|>", "a" * 1000]
    v = of_file(MODEL)
    part = Part("```", PartKind.FILE, "a.txt")
    asked, *counted = reader.count(ModelRef.of_file(MODEL, ""), part, pieces).result(60)
    assert counted == [len(v.tokenizer.encode(text)) for text in pieces]
    without, with_it = (
        Request(ModelRef.of_file(MODEL, ""), (Message(Role.USER, parts),))
        for parts in ((), (part,))
    )
    assert asked == len(render(with_it, v)) - len(render(without, v))
    with pytest.raises(e.ModelMissing):
        reader.count(ModelRef.of_file(tmp_path / "gone.gguf", ""), Part("x")).result(60)


def test_tokens_of_a_model_elsewhere_are_estimated(reader: DocumentReader) -> None:
    elsewhere = ModelRef(Endpoint("https://gpu.example.org/v1", "llama-4"), "llama-4")
    pieces = ["", "The harbour was quiet. " * 100]
    part = Part("The harbour was quiet.", PartKind.FILE, "a.txt")
    asked, *counted = reader.count(elsewhere, part, pieces).result(60)
    assert counted == [estimated_tokens(text) if text else 0 for text in pieces]
    assert 5 < asked < 40


# --- The process --------------------------------------------------------------------------


def test_a_long_file_can_be_stopped(reader: DocumentReader, tmp_path: Path) -> None:
    path = put(tmp_path, "a.pdf", pdf([f"page {n} " * 20 for n in range(3000)]))
    stop = threading.Event()

    def stop_at_five(done: int, total: int) -> None:
        if done == 5:
            stop.set()

    found = reader.read(path, stop, stop_at_five)
    after = reader.read(put(tmp_path, "a.txt", b"text"), threading.Event())
    with pytest.raises(e.Cancelled):
        found.result(60)
    assert text(after.result(60)) == "text"


def asked(reader: DocumentReader, tmp_path: Path, stop: threading.Event) -> Future[Document]:
    begun = threading.Event()
    found = reader.read(put(tmp_path, "a.txt", b"text"), stop, lambda *_: begun.set())
    assert begun.wait(60)
    return found


@pytest.mark.parametrize("target", [document_processes.dies, document_processes.grows])
def test_a_file_that_is_too_much(tmp_path: Path, target: object) -> None:
    reader = DocumentReader(target, memory=200_000_000)  # type: ignore[arg-type]
    try:
        with pytest.raises(e.DocumentBroken):
            reader.read(put(tmp_path, "a.txt", b"text"), threading.Event()).result(60)
        with pytest.raises(e.EngineFailed):
            reader.count(ModelRef.of_file(MODEL, ""), Part("x")).result(60)
    finally:
        reader.close()


def test_a_file_that_hangs(tmp_path: Path) -> None:
    reader = DocumentReader(document_processes.hangs)
    stop = threading.Event()
    found = asked(reader, tmp_path, stop)
    stop.set()
    with pytest.raises(e.Cancelled):
        found.result(60)
    found = asked(reader, tmp_path, threading.Event())
    waits = reader.read(tmp_path / "a.txt", threading.Event())
    reader.close()
    for future in (found, waits):
        with pytest.raises(e.Cancelled):
            future.result(60)


def test_the_process_ends_when_it_is_not_needed(tmp_path: Path) -> None:
    reader = DocumentReader(idle=0.05)
    path = put(tmp_path, "a.txt", b"text")
    try:
        assert text(reader.read(path, threading.Event()).result(60)) == "text"
        end = time.monotonic() + 60
        while multiprocessing.active_children() and time.monotonic() < end:
            time.sleep(0.01)
        assert multiprocessing.active_children() == []
        assert text(reader.read(path, threading.Event()).result(60)) == "text"
    finally:
        reader.close()
