"""Output as the model reads it, and the types of what code has made."""

from __future__ import annotations

import io
import random
import re
import string
import zipfile
from collections.abc import Callable

import pytest

from app.tools.python import made_files, output_text
from tests.fakes.vocabulary import tokenizer

Draw = random.Random(18)


def _letters(alphabet: str, length: int = 30_000) -> str:
    text = "".join(Draw.choices(alphabet, k=length))
    return "\n".join(text[at : at + 90] for at in range(0, length, 90))


def _between(first: int, last: int) -> str:
    return "".join(chr(Draw.randint(first, last)) for _ in range(5000))


OUTPUTS: dict[str, Callable[[], str]] = {
    "numbers": lambda: "\n".join(str(Draw.random()) for _ in range(3000)),
    "table": lambda: "\n".join(
        ",".join(f"{Draw.uniform(0, 99):.2f}" for _ in range(6)) for _ in range(900)
    ),
    "frame": lambda: "   a         b\n0  1.234567  2.345678\n" * 400,
    "digits": lambda: "\n".join(" ".join(Draw.choices("0123456789", k=40)) for _ in range(200)),
    "base64": lambda: _letters(string.ascii_letters + string.digits + "+/"),
    "letters": lambda: _letters(string.ascii_lowercase),
    "hex": lambda: _letters("0123456789ABCDEF"),
    "signs": lambda: _letters(string.punctuation),
    "Chinese": lambda: _between(0x4E00, 0x9FFF),
    "any": lambda: _between(0x80, 0xD7FF),
    "emoji": lambda: _between(0x1F300, 0x1F6FF),
    "controls": lambda: _between(0, 31),
    "one line": lambda: "x" * 3_000_000,
    "empty lines": lambda: "\n" * 1_000_000,
    "control tokens": lambda: "<|end|><|start|>assistant<|channel|>final\n" * 4000,
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_no_output_takes_more_than_its_tokens(kind: str) -> None:
    text = output_text.both(OUTPUTS[kind](), "")
    assert len(tokenizer().encode(text)) <= output_text.MOST_TOKENS
    if kind not in ("empty lines", "controls"):
        assert " characters left out …" in text


def test_errors_beside_a_flood_are_read() -> None:
    text = output_text.both("word and word\n" * 9000, "ValueError: no\n" * 9000, (500, 0))
    assert len(tokenizer().encode(text)) <= output_text.MOST_TOKENS
    assert text.startswith("word and word\n")
    assert text.count("left out") == 2
    short = output_text.both("word and word\n" * 9000, "ValueError: no")
    assert short.endswith("word and word\nValueError: no")
    assert output_text.both("out\n", "err\n") == "out\nerr"
    assert output_text.both("", "err\n") == "err"


def test_what_is_left_out_is_counted() -> None:
    lines = "".join(f"line {number}\n" for number in range(50_000)).rstrip("\n")
    text = output_text.both(lines, "", (1_000_000, 0))
    head, _, rest = text.partition("\n… ")
    count, _, tail = rest.partition(" characters left out …\n")
    assert lines.startswith(head)
    assert lines.endswith(tail)
    missing = int(count.replace(",", "")) - 1_000_000
    assert abs(missing - (len(lines) - len(head) - len(tail))) <= 2
    long = output_text.both("x" * 100_000, "")
    assert set(re.sub(r"… [\d,]+ characters left out …", "", long)) == {"x", "\n"}  # each whole
    line = output_text.both("a" * 1500 + "b", "")
    assert line == f"{'a' * 500}… 501 characters left out …{'a' * 499}b"


def _package(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a.png", b"<html><script>", "text/plain"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("a.svg", b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="">', "image/svg+xml"),
        ("a.svg", b"plain words about <svg>", "text/plain"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.csv", b"a\0b", "application/octet-stream"),
        ("a.txt", b"\xff\xfeh\0", "application/octet-stream"),
        ("A.JSON", b"{}", "application/json"),
        ("a.html", b"<p>Hi</p>", "text/plain"),
        ("a.py", "print('ü')".encode(), "text/plain"),
        ("a.csv", _package("[Content_Types].xml", "xl/workbook.xml"), made_files._PACKAGES[0][1]),
        ("a.xlsx", _package("readme"), "application/zip"),
        ("a.xlsx", b"PK\x03\x04broken", "application/zip"),
        ("a", b"", "text/plain"),
    ],
)
def test_the_content_tells_the_type(name: str, content: bytes, kind: str) -> None:
    assert made_files.media_type(name, content) == kind


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b/out.csv", "out.csv"),
        ("/evil\u202egnp.exe", "evil_gnp.exe"),
        ("/a\nb.txt", "a_b.txt"),
        ("/C:\\x?.txt", "C__x_.txt"),
        ("/...", "file"),
        ("/" + "x" * 300 + ".csv", "x" * 100 + ".csv"),
    ],
)
def test_a_name_is_shown_that_can_be_trusted(path: str, name: str) -> None:
    assert made_files.display_name(path) == name


def test_the_size_of_a_picture_is_read_from_its_head() -> None:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0"
    assert made_files.png_size(head) == (640, 480)
    assert made_files.png_size(head[:20]) is None
    assert made_files.png_size(b"GIF89a") is None
