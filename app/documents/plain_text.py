"""Decode text of unknown encoding.

A declaration in the bytes themselves comes first, then UTF-8, then other encodings; a guess comes
last.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import DocumentUnknown
from app.documents import charset

# UTF-32 comes first: its byte order mark begins with UTF-16's.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NON_ASCII = bytes(range(128, 256))
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\f\r\x1b\a\b\0"))
_MAX_CONTROL = 0.01  # share of all bytes in text
_NARROW_SCORE = 0.4  # of 1, for text in 8 bits
_MAX_ODD_ASCII = 0.3  # share of NUL and control characters in 8-bit text that is ASCII
_MAX_ODD = 0.03  # in other 8-bit text
_SAMPLE = 20_000  # bytes that are scored
_WIDE_SCORE = 0.7  # of 1, for text in 16 or 32 bits
_DECLARED = re.compile(
    rb"""(?:charset|encoding|coding)\s*[=:]?\s*["']?\s*([A-Za-z][\w.:-]{1,30})""", re.IGNORECASE
)
_HEAD = 2048  # bytes that may declare an encoding
_MAX_BAD = 0.2  # bad sequences for each good one in damaged UTF-8
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|[\]P^_X][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # terminal titles and links
    r"|[ -/]+[0-~]|[0-~])?"
)
_OVERSTRUCK = re.compile(".\b", re.DOTALL)  # bold text in manual pages
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_WORD = re.compile(rb"[^\s;,]*[\x80-\xff][^\s;,]*")  # a word with non-ASCII bytes
_MAX_READINGS = 12
_EXAMPLE_LENGTH = 60  # characters


@dataclass(frozen=True, slots=True)
class DecodingSample:
    """An encoding, with an example of how the bytes read in it."""

    encoding: str
    example: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded text.

    ``encoding`` is how it was read, unless that is certain; ``readings`` are the alternatives, with
    that one, the likely ones first; ``bad`` counts characters that replace undecodable bytes.
    """

    text: str
    encoding: str = ""
    readings: tuple[DecodingSample, ...] = ()
    bad: int = 0


def decode(path: Path, data: bytes, chosen: str = "") -> Decoded:
    """Decode a file's bytes, in the ``chosen`` encoding if given.

    Raises DocumentUnknown if they are not text.
    """
    if not chosen:
        for mark, encoding in _BOMS:
            if data.startswith(mark):
                text = data[len(mark) :].decode(encoding, errors="replace")
                if not _is_text(text):
                    raise DocumentUnknown(path)
                return Decoded(clean(text), bad=text.count("\ufffd"))
        if encoding := _wide_encoding(data):
            text = data.decode(encoding, errors="replace")
            return Decoded(clean(text), bad=text.count("\ufffd"))
        if encoding := _escape_encoding(data):
            return Decoded(clean(data.decode(encoding, errors="replace")))
        _refuse_binary(path, data)
        if (decoded := _utf8(data)) is not None:
            bad = decoded.count("\ufffd") - data.count("\ufffd".encode())
            readings = _readings(data, "utf-8", _likely(data)) if bad else ()
            return Decoded(clean(decoded), "utf-8" if bad else "", readings, bad)
    found = _likely(data)
    encoding = chosen or _declared_encoding(data) or found[0]
    text = data.decode(encoding, errors="replace")
    readings = _readings(data, encoding, found)
    return Decoded(clean(text), encoding, readings, text.count("\ufffd"))


def clean(text: str) -> str:
    r"""Normalise line ends to ``\n``, and remove terminal control sequences."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    if _CONTROL_CHARACTERS.search(text):
        text = _OVERSTRUCK.sub("", _ESCAPES.sub("", text))
        text = _CONTROL_CHARACTERS.sub("", text)
    return text


def _refuse_binary(path: Path, data: bytes) -> None:
    rest = data.replace(b"\0", b"")  # logs have NULs after a power failure
    control = len(rest) - len(rest.translate(None, _CONTROL))
    if control > _MAX_CONTROL * len(rest):
        raise DocumentUnknown(path)


def _utf8(data: bytes) -> str | None:
    """Decode UTF-8, including damaged UTF-8; None if it is another encoding."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = len(text) - bad - len(data.translate(None, _NON_ASCII))
    cut = bad == 1 and text.endswith("\ufffd") and good > 0
    return text if bad <= good * _MAX_BAD or cut else None


def _escape_encoding(data: bytes) -> str:
    """Return the 7-bit encoding of Japanese or Korean mail, or ""."""
    if b"\x1b$" in data and data.isascii():
        korean = b"\x1b$)C" in data
        return "iso2022_kr" if korean else "iso2022_jp_ext"
    return ""


def _declared_encoding(data: bytes) -> str:
    """Return the encoding that HTML, XML, CSS, Python or mail declares, if plausible."""
    for found in _DECLARED.finditer(data[:_HEAD]):
        encoding = charset.normalized_name(found[1].decode("ascii"))
        if encoding and not encoding.startswith("utf"):
            text = data.decode(encoding, errors="replace")
            if text.count("\ufffd") <= len(text) // 1000:
                return encoding
    return ""


def _readings(data: bytes, encoding: str, others: list[str]) -> tuple[DecodingSample, ...]:
    words = dict.fromkeys(_WORD.findall(charset.sample(data)))
    piece = b" ".join(words)[: 4 * _EXAMPLE_LENGTH]
    names = [encoding, *others]
    made: dict[str, DecodingSample] = {}
    for name in dict.fromkeys(names):
        example = clean(piece.decode(name, errors="replace")).strip()[:_EXAMPLE_LENGTH]
        if example not in made and (name == encoding or "\ufffd" not in example):
            made[example] = DecodingSample(name, example)
    return tuple(made.values())[:_MAX_READINGS]


def _likely(data: bytes) -> list[str]:
    return [guess.encoding for guess in charset.guesses(data, charset.system_code_page())]


# --- UTF-16 and UTF-32 without a byte order mark ----------------------------------------------


def _wide_encoding(data: bytes) -> str:
    """Return UTF-16 or UTF-32 if the bytes are that without a byte order mark, else "".

    Bytes that are plausible text in 8 bits are taken as that.
    """
    sample = data[:_SAMPLE]
    odd = len(sample) - len(sample.translate(None, _CONTROL + b"\0"))
    is_odd = odd > (_MAX_ODD_ASCII if sample.isascii() else _MAX_ODD) * len(sample)
    if not is_odd and _utf8(sample) is not None:
        return ""  # nearly every file, so this comes before what takes long
    best, encoding = _WIDE_SCORE, ""
    for name in _WIDE:
        score = _script_score(sample[: len(sample) & ~3].decode(name, errors="replace"))
        if score > best:
            best, encoding = score, name
    if not encoding or is_odd:
        return encoding
    return "" if charset.guesses(sample)[0].score > _NARROW_SCORE else encoding


def _is_text(text: str) -> bool:
    return not text.strip() or _script_score(text[:_SAMPLE]) > 0.0


def _script_score(text: str) -> float:
    """Return a score of how much a text looks like text in one script, -4 to 1."""
    total, group = 0.0, -1
    for c in text:
        code = ord(c)
        if c.isspace() or 32 <= code < 127:
            total += 1.0
            continue
        category = unicodedata.category(c)
        if c in "\x00\ufffd" or category in ("Cn", "Co", "Cs"):
            total -= 4.0
            continue
        block = _script_block(code)
        total += 1.0 if block == group or category[0] == "P" or block == 0x30 else 0.4
        group = block
    return total / max(1, len(text))


def _script_block(code: int) -> int:
    """Return a group of characters: Latin, Chinese, Korean, else blocks of 256."""
    if code < 0x250:
        return 0
    if 0x4E00 <= code < 0xA000:
        return 0x4E
    return 0xAC if 0xAC00 <= code < 0xD7A4 else code >> 8
