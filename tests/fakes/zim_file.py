"""Small ZIM files, written after https://wiki.openzim.org/wiki/ZIM_file_format."""

from __future__ import annotations

import lzma
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN, XZ, ZSTD = 1, 4, 5
MIMES = ("text/html", "text/plain", "application/octet-stream+zimlisting", "image/png")
NONE = 0xFFFFFFFFFFFFFFFF


@dataclass
class Entry:
    """An entry of a file; ``to`` is the path of the one that a redirect leads to."""

    path: str
    content: bytes = b""
    title: str = ""
    space: str = "C"
    mime: int = 0
    to: str = ""
    number: int = field(default=-1, init=False)
    place: tuple[int, int] = field(default=(-1, -1), init=False)

    @property
    def key(self) -> tuple[str, bytes]:
        return self.space, self.path.encode()


def page(title: str, text: str, space: str = "C", path: str = "") -> Entry:
    """Return an article."""
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>"
    return Entry(path or title.replace(" ", "_"), html.encode(), title, space)


def metadata(**facts: str) -> list[Entry]:
    """Return facts about a file."""
    return [Entry(name, text.encode(), space="M", mime=1) for name, text in facts.items()]


def zim(
    entries: Sequence[Entry],
    *,
    kind: int = ZSTD,
    extended: bool = False,
    main: str = "",
    old: bool = False,
    per_cluster: int = 3,
) -> bytes:
    """Return a file with these entries, in clusters of some, compressed as ``kind`` says.

    An ``old`` one has its articles in the namespace A, and a list of titles of all namespaces; a
    new one has a listing of the titles of its articles, as an entry.
    """
    listing = Entry("listing/titleOrdered/v1", space="X", mime=2)
    all_ = sorted([*entries, *(() if old else (listing,))], key=lambda entry: entry.key)
    for number, entry in enumerate(all_):
        entry.number = number
    numbers = {entry.key: entry.number for entry in all_}
    articles = [each for each in entries if each.space in "AC" and each.mime == 0]
    articles.sort(key=lambda each: (each.title or each.path).encode())
    listing.content = b"".join(struct.pack("<I", each.number) for each in articles)
    kept = [each for each in all_ if not each.to and each is not listing]
    groups = [kept[at : at + per_cluster] for at in range(0, len(kept), per_cluster)]
    clusters = [_cluster(group, number, kind, extended) for number, group in enumerate(groups)]
    if not old:
        clusters.append(_cluster([listing], len(clusters), PLAIN, extended))
    dirents = [_dirent(entry, numbers) for entry in all_]
    mimes = b"\0".join(mime.encode() for mime in MIMES) + b"\0\0"
    at = 80 + len(mimes)
    entry_places = _places(dirents, at)
    at += sum(map(len, dirents))
    paths, at = at, at + 8 * len(all_)
    by_title = sorted(all_, key=lambda each: (each.space, (each.title or each.path).encode()))
    titles, at = at, at + 4 * len(all_)
    pointers, at = at, at + 8 * len(clusters)
    cluster_places = _places(clusters, at)
    at += sum(map(len, clusters))
    head = struct.pack(
        "<IHH16sIIQQQQIIQ", 0x44D495A, 5 if old else 6, 0 if old else 1, bytes(range(16)),
        len(all_), len(clusters), paths, titles if old else NONE, pointers, 80,
        numbers.get(("A" if old else "C", main.encode()), 0xFFFFFFFF), 0xFFFFFFFF, at,
    )  # fmt: skip
    title_list = b"".join(struct.pack("<I", each.number) for each in by_title)
    tables = _packed(entry_places), title_list, _packed(cluster_places)
    return b"".join([head, mimes, *dirents, *tables, *clusters, bytes(16)])


def _cluster(entries: Sequence[Entry], number: int, kind: int, extended: bool) -> bytes:
    form, width = ("<Q", 8) if extended else ("<I", 4)
    at = width * (len(entries) + 1)
    offsets = [at]
    for blob, entry in enumerate(entries):
        entry.place = number, blob
        at += len(entry.content)
        offsets.append(at)
    data = b"".join(struct.pack(form, each) for each in offsets)
    data += b"".join(entry.content for entry in entries)
    if kind == XZ:
        data = lzma.compress(data)
    elif kind == ZSTD:
        data = zstd.compress(data)
    return bytes([kind | (0x10 if extended else 0)]) + data


def _dirent(entry: Entry, numbers: dict[tuple[str, bytes], int]) -> bytes:
    space = entry.space.encode()
    if entry.to:
        to = numbers[entry.space, entry.to.encode()]
        head = struct.pack("<HBcII", 0xFFFF, 0, space, 0, to)
    else:
        head = struct.pack("<HBcIII", entry.mime, 0, space, 0, *entry.place)
    title = entry.title if entry.title != entry.path else ""
    return head + entry.path.encode() + b"\0" + title.encode() + b"\0"


def _places(pieces: Sequence[bytes], at: int) -> list[int]:
    places = []
    for piece in pieces:
        places.append(at)
        at += len(piece)
    return places


def _packed(places: Sequence[int]) -> bytes:
    return b"".join(struct.pack("<Q", place) for place in places)
