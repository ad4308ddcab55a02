"""A reader of ZIM files, after https://wiki.openzim.org/wiki/ZIM_file_format.

libzim, the reference, is under the GPL; this is not made from it. Both kinds of namespaces are
read: until 2021, articles were in A, pictures in I; since then, all content is in C.
"""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.tools.browser.encyclopaedia.zim_bytes import ZimBytes, ZimFault
from app.tools.browser.encyclopaedia.zim_cluster import ZimCluster

LARGEST_ENTRY = 32 << 20
"""Bytes of an entry that are read."""

_MAGIC = 0x44D495A
_HEADER = struct.Struct("<IHH16sIIQQQQIIQ")
_NONE = 0xFFFFFFFFFFFFFFFF
_REDIRECT, _DELETED, _TARGET = 0xFFFF, 0xFFFE, 0xFFFD
_MIME_LIST = 64 << 10  # bytes
_DIRENT = 512  # bytes that are read for one; a longer one is read again
_LONGEST_DIRENT = 64 << 10
_KEPT = 4096  # entries that stay in memory
_HOPS = 16  # redirects one after the other
_CACHED = 48 << 20  # bytes of clusters that stay in memory
_LISTINGS = ("listing/titleOrdered/v1", "listing/titleOrdered/v0")  # of articles, of everything


@dataclass(frozen=True, slots=True)
class ZimEntry:
    """An entry: a page, a picture, a fact about the file, or a redirect to another entry."""

    number: int
    namespace: str
    path: str
    title: str
    mime: str
    redirect: int = -1
    """The number of the entry that it leads to; -1 for none."""
    cluster: int = -1
    blob: int = -1


class ZimFile:
    """A ZIM file, opened. Thread-safe. Raises ZimFault, as do its methods.

    ``articles`` is the namespace of its articles, and ``main`` the number of its first page, -1 if
    it has none. It has ``count`` entries, of which ``titles`` are found by their titles.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = ZimBytes(path)
        try:
            self._open()
        except BaseException:
            self._bytes.close()
            raise

    def _open(self) -> None:
        head = self._bytes.upto(0, _HEADER.size)
        if len(head) < _HEADER.size or head[:4] != struct.pack("<I", _MAGIC):
            raise ZimFault("it is no ZIM file")
        (_, major, minor, self.id, self.count, self._clusters, self._paths, self._titles,
         self._places, mimes, main, _, self._end) = _HEADER.unpack(head)  # fmt: skip
        if major not in (5, 6):
            raise ZimFault(f"its version is {major}")
        self.articles = "C" if major == 6 and minor >= 1 else "A"
        size = self._bytes.size
        if self._paths + 8 * self.count > size or self._places + 8 * self._clusters > size:
            raise ZimFault("it is incomplete")
        if not self._places < self._end <= size:
            self._end = size
        names = self._bytes.upto(mimes, _MIME_LIST).split(b"\0\0")[0]
        self._mimes = [name.decode("utf-8", "replace") for name in names.split(b"\0")]
        self.main = main if main < self.count else -1
        self._cache: OrderedDict[int, ZimCluster] = OrderedDict()
        self._lock = threading.RLock()
        self._entries = lru_cache(_KEPT)(self._entry)
        self.titles, self._title_number = self._listing()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()

    # --- Entries ---

    def entry(self, number: int) -> ZimEntry:
        """Return the entry of a number, in the order of namespaces and paths."""
        return self._entries(number)

    def find(self, namespace: str, path: str) -> ZimEntry | None:
        """Return the entry at a path; None if there is none."""
        wanted = (namespace.encode(), path.encode("utf-8", "surrogateescape"))
        low = self._first(self.count, lambda n: self._key(n) < wanted)
        found = self.entry(low) if low < self.count else None
        return found if found and (found.namespace, found.path) == (namespace, path) else None

    def resolved(self, entry: ZimEntry) -> ZimEntry:
        """Return what an entry leads to, if it is a redirect."""
        for _ in range(_HOPS):
            if entry.redirect < 0:
                return entry
            entry = self.entry(entry.redirect)
        raise ZimFault("a redirect leads in circles")

    def content(self, entry: ZimEntry, most: int = LARGEST_ENTRY) -> bytes:
        """Return what an entry has, of at most so many bytes; of a redirect, what it leads to."""
        entry = self.resolved(entry)
        with self._lock:
            return self._cluster(entry.cluster).blob(entry.blob, most)

    def metadata(self, name: str) -> str:
        """Return a fact about the file, such as its Title; empty if it has none."""
        entry = self.find("M", name)
        return self.content(entry, 1 << 20).decode("utf-8", "replace").strip() if entry else ""

    def pages(self) -> Iterator[ZimEntry]:
        """Yield the articles that are HTML, in the order of their paths."""
        first = self._first(self.count, lambda n: self._key(n)[0] < self.articles.encode())
        for number in range(first, self.count):
            entry = self._entry(number)
            if entry.namespace != self.articles:
                break
            if entry.redirect < 0 and entry.cluster >= 0 and entry.mime.startswith("text/html"):
                yield entry

    # --- Titles ---

    def by_title(self, place: int) -> ZimEntry:
        """Return the entry at a place in the order of titles."""
        return self.entry(self._title_number(place))

    def first_title(self, title: str) -> int:
        """Return the place of the first entry whose title is this one, or comes after it."""
        wanted = title.encode("utf-8", "surrogateescape")
        return self._first(self.titles, lambda place: _raw(self.by_title(place).title) < wanted)

    def _listing(self) -> tuple[int, Callable[[int], int]]:
        """Return how many titles are in order, and what returns the number of an entry."""
        for name in _LISTINGS:
            if entry := self.find("X", name):
                return self._listed(self.resolved(entry))
        if self._titles == _NONE or self._titles + 4 * self.count > self._bytes.size:
            return 0, lambda n: n
        # The old list has all namespaces, one after the other.
        letter = self.articles.encode()

        def number(place: int) -> int:
            return self._number(self._titles + 4 * place)

        first = self._first(self.count, lambda n: self._key(number(n))[0] < letter)
        end = self._first(self.count, lambda n: self._key(number(n))[0] <= letter)
        return end - first, lambda place: number(first + place)

    def _listed(self, entry: ZimEntry) -> tuple[int, Callable[[int], int]]:
        cluster = self._cluster(entry.cluster)
        begin, end = cluster.span(entry.blob)
        place = cluster.place_of(entry.blob)
        if place >= 0:
            return (end - begin) // 4, lambda n: self._number(place + 4 * n)
        data = cluster.blob(entry.blob, LARGEST_ENTRY)
        return len(data) // 4, lambda n: self._known(struct.unpack_from("<I", data, 4 * n)[0])

    # --- The file ---

    def _first(self, count: int, before: Callable[[int], bool]) -> int:
        """Return the first of ``count`` numbers that is not ``before`` what is looked for."""
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if before(middle):
                low = middle + 1
            else:
                high = middle
        return low

    def _key(self, number: int) -> tuple[bytes, bytes]:
        entry = self.entry(number)
        return entry.namespace.encode("latin-1"), _raw(entry.path)

    def _number(self, place: int) -> int:
        return self._known(self._bytes.numbers("I", place)[0])

    def _known(self, number: int) -> int:
        if not 0 <= number < self.count:
            raise ZimFault("an entry is not where it should be")
        return number

    def _entry(self, number: int) -> ZimEntry:
        self._known(number)
        (place,) = self._bytes.numbers("Q", self._paths + 8 * number)
        size = _DIRENT
        while True:
            raw = self._bytes.upto(place, size)
            if (entry := self._parsed(number, raw)) is not None:
                return entry
            if len(raw) < size or size >= _LONGEST_DIRENT:
                raise ZimFault("an entry is damaged")
            size *= 16

    def _parsed(self, number: int, raw: bytes) -> ZimEntry | None:
        """Return an entry; None if its bytes go on."""
        if len(raw) < 16:
            raise ZimFault("an entry is damaged")
        mime, _, letter, _ = struct.unpack_from("<HBcI", raw)
        redirect = cluster = blob = -1
        begin = 12
        if mime == _REDIRECT:
            (redirect,) = struct.unpack_from("<I", raw, 8)
        elif mime not in (_DELETED, _TARGET):
            cluster, blob = struct.unpack_from("<II", raw, 8)
            begin = 16
            if mime >= len(self._mimes):
                raise ZimFault("an entry has no type")
        path, first, rest = raw[begin:].partition(b"\0")
        title, second, _ = rest.partition(b"\0")
        if not first or not second:
            return None
        kind = self._mimes[mime] if cluster >= 0 else ""
        return ZimEntry(
            number, letter.decode("latin-1"), _text(path), _text(title or path), kind, redirect,
            cluster, blob,
        )  # fmt: skip

    def _cluster(self, number: int) -> ZimCluster:
        if not 0 <= number < self._clusters:
            raise ZimFault("an entry has no content")
        with self._lock:
            if (known := self._cache.get(number)) is not None:
                self._cache.move_to_end(number)
                return known
            (place,) = self._bytes.numbers("Q", self._places + 8 * number)
            end = self._end
            if number + 1 < self._clusters:
                (end,) = self._bytes.numbers("Q", self._places + 8 * (number + 1))
            if end <= place:  # nothing says that they lie in order
                end = self._end
            cluster = ZimCluster(self._bytes, place, end)
            self._cache[number] = cluster
            while len(self._cache) > 1 and sum(c.size for c in self._cache.values()) > _CACHED:
                self._cache.popitem(last=False)
            return cluster


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
