"""Text out of bytes of unknown encoding: what they say themselves first, UTF-8 before others, and
a guess where nothing is left."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import DocumentUnknown
from app.documents import charset

# UTF-32's first, since UTF-16's is the beginning of it.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BEYOND = bytes(range(128, 256))
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\f\r\x1b\a\b\0"))
_MOST_CONTROL = 0.01  # of all bytes, that text may have
_NARROW = 0.4  # of 1, from which it is text of 8 bits
_ODD_ASCII = 0.3  # of all bytes, where none is beyond ASCII, and
_ODD = 0.03  # else, that hardly any text of 8 bits has of zeros and control characters
_SAMPLE = 20_000  # bytes that are judged
_TEXT = 0.7  # of 1, from which it is text of 16 or 32 bits
_DECLARED = re.compile(
    rb"""(?:charset|encoding|coding)\s*[=:]?\s*["']?\s*([A-Za-z][\w.:-]{1,30})""", re.IGNORECASE
)
_HEAD = 2048  # bytes in which a file may say what it is
_FEW = 0.2  # bad sequences for each good one, up to which it is UTF-8 that was damaged
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours, and what moves the cursor
    r"|[\]P^_X][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # titles and links of a terminal
    r"|[ -/]+[0-~]|[0-~])?"
)
_OVERSTRUCK = re.compile(".\b", re.DOTALL)  # as manual pages print what is bold
_UNSEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_WORD = re.compile(rb"[^\s;,]*[\x80-\xff][^\s;,]*")  # that is not ASCII
_MOST_READINGS = 12
_MOST_SHOWN = 60  # characters of an example


@dataclass(frozen=True, slots=True)
class DecodingSample:
    """What bytes are as text in an encoding, by an example."""

    encoding: str
    example: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """``encoding``: what it was read as, where that is not beyond doubt. ``readings``: as what
    else it could be read, with that one, the likely ones first. ``bad``: characters that stand
    for bytes which mean nothing."""

    text: str
    encoding: str = ""
    readings: tuple[DecodingSample, ...] = ()
    bad: int = 0


def decode(path: Path, data: bytes, wished: str = "") -> Decoded:
    """The text of a file that has these bytes; read as ``wished``, where that is given. Raises
    DocumentUnknown where they are no text."""
    if not wished:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                text = data[len(mark) :].decode(encoding, errors="replace")
                if not _reads(text):
                    raise DocumentUnknown(path)
                return Decoded(clean(text), bad=text.count("\ufffd"))
        if encoding := _wide(data):
            text = data.decode(encoding, errors="replace")
            return Decoded(clean(text), bad=text.count("\ufffd"))
        if encoding := _escaped(data):
            return Decoded(clean(data.decode(encoding, errors="replace")))
        _refuse_binary(path, data)
        if (said := _utf8(data)) is not None:
            bad = said.count("\ufffd") - data.count("\ufffd".encode())
            readings = _readings(data, "utf-8", _likely(data)) if bad else ()
            return Decoded(clean(said), "utf-8" if bad else "", readings, bad)
    found = _likely(data)
    encoding = wished or _declared(data) or found[0]
    text = data.decode(encoding, errors="replace")
    readings = _readings(data, encoding, found)
    return Decoded(clean(text), encoding, readings, text.count("\ufffd"))


def clean(text: str) -> str:
    """Text as it is shown and sent: lines end with ``\\n``, and what steers a terminal is gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    if _UNSEEN.search(text):
        text = _OVERSTRUCK.sub("", _ESCAPES.sub("", text))
        text = _UNSEEN.sub("", text)
    return text


def _refuse_binary(path: Path, data: bytes) -> None:
    rest = data.replace(b"\0", b"")  # a log that was written when the power went has many
    control = len(rest) - len(rest.translate(None, _CONTROL))
    if control > _MOST_CONTROL * len(rest):
        raise DocumentUnknown(path)


def _utf8(data: bytes) -> str | None:
    """Where it is UTF-8, or was before some bytes of it were damaged."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = len(text) - bad - len(data.translate(None, _BEYOND))
    cut = bad == 1 and text.endswith("\ufffd") and good > 0
    return text if bad <= good * _FEW or cut else None


def _escaped(data: bytes) -> str:
    """The encodings of 7 bits that Japanese and Korean mail had."""
    if b"\x1b$" in data and data.isascii():
        korean = b"\x1b$)C" in data
        return "iso2022_kr" if korean else "iso2022_jp_ext"
    return ""


def _declared(data: bytes) -> str:
    """What the file says of itself, in HTML, XML, CSS, Python or mail, where that can be."""
    for found in _DECLARED.finditer(data[:_HEAD]):
        encoding = charset.known(found[1].decode("ascii"))
        if encoding and not encoding.startswith("utf"):
            text = data.decode(encoding, errors="replace")
            if text.count("\ufffd") <= len(text) // 1000:
                return encoding
    return ""


def _readings(data: bytes, encoding: str, others: list[str]) -> tuple[DecodingSample, ...]:
    words = dict.fromkeys(_WORD.findall(charset.sample(data)))
    piece = b" ".join(words)[: 4 * _MOST_SHOWN]
    names = [encoding, *others]
    made: dict[str, DecodingSample] = {}
    for name in dict.fromkeys(names):
        example = clean(piece.decode(name, errors="replace")).strip()[:_MOST_SHOWN]
        if example not in made and (name == encoding or "\ufffd" not in example):
            made[example] = DecodingSample(name, example)
    return tuple(made.values())[:_MOST_READINGS]


def _likely(data: bytes) -> list[str]:
    return [guess.encoding for guess in charset.guesses(data, charset.own_code_page())]


# --- UTF-16 and UTF-32 without a mark ---------------------------------------------------------


def _wide(data: bytes) -> str:
    """Which of them it is, if any. Bytes that could be text of 8 bits are that, unless they make
    none."""
    sample = data[:_SAMPLE]
    best, encoding = _TEXT, ""
    for name in _WIDE:
        worth = _worth(sample[: len(sample) & ~3].decode(name, errors="replace"))
        if worth > best:
            best, encoding = worth, name
    odd = len(sample) - len(sample.translate(None, _CONTROL + b"\0"))
    if not encoding or odd > (_ODD_ASCII if sample.isascii() else _ODD) * len(sample):
        return encoding
    if _utf8(sample) is not None or charset.guesses(sample)[0].worth > _NARROW:
        return ""
    return encoding


def _reads(text: str) -> bool:
    return not text.strip() or _worth(text[:_SAMPLE]) > 0.0


def _worth(text: str) -> float:
    """How much it looks like text in one script, -4 to 1."""
    points, group = 0.0, -1
    for c in text:
        code = ord(c)
        if c.isspace() or 32 <= code < 127:
            points += 1.0
            continue
        category = unicodedata.category(c)
        if c in "\x00\ufffd" or category in ("Cn", "Co", "Cs"):
            points -= 4.0
            continue
        block = _block(code)
        points += 1.0 if block == group or category[0] == "P" or block == 0x30 else 0.4
        group = block
    return points / max(1, len(text))


def _block(code: int) -> int:
    """Of Unicode: one for Latin, for Chinese characters, for Korean ones; else 256 each."""
    if code < 0x250:
        return 0
    if 0x4E00 <= code < 0xA000:
        return 0x4E
    return 0xAC if 0xAC00 <= code < 0xD7A4 else code >> 8
