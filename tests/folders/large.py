"""A large folder into an index: seconds, size, queries, and what a second look takes."""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from app.base.folder import Folder
from app.base.settings import Folders
from app.tools.browser.files.folder_scan import scan
from app.tools.browser.library import SourceLibrary
from app.tools.browser.source_status import SourcesChanged

_QUERIES = (
    "how do I install a package", "configure network interface", "transaction isolation levels",
    "list comprehension syntax", "merge two branches", "Drucker einrichten", "Tabelle sortieren",
    "字体 设置", "安装 系统", "vacuum", "regular expression groups", "create index concurrently",
)  # fmt: skip


def main(folder: Path) -> int:
    """Print the figures for a folder."""
    seconds: dict[int, float] = {}

    def publish(event: SourcesChanged) -> None:
        for child in psutil.Process().children():
            try:
                times = child.cpu_times()
                seconds[child.pid] = times.user + times.system
            except psutil.Error:
                continue

    stop = threading.Event()
    with tempfile.TemporaryDirectory() as data:
        library = SourceLibrary(Folders(Path(data)), publish)
        begun = time.perf_counter()
        key = library.add_folder(folder).key
        status = library.wait(key, stop)
        took = time.perf_counter() - begun
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        each = " and ".join(f"{spent:.0f}" for spent in seconds.values() if spent > 1)
        print(f"{status.documents} documents: {took:.1f} s; {each} s of CPU in its processes; "
              f"index of {status.size / 1e6:.0f} MB")  # fmt: skip
        for skipped in status.skipped:
            print(f"  skipped: {skipped.count} ({skipped.reason}), as {skipped.examples[:2]}")
        [source] = library.sources()
        times, first = [], []
        for query in _QUERIES:
            begun = time.perf_counter()
            hits = source.search(query, 10, stop)
            times.append(time.perf_counter() - begun)
            first.append(hits[0].title if hits else "nothing")
        print(f"queries: median {statistics.median(times) * 1000:.1f} ms, most "
              f"{max(times) * 1000:.1f} ms")  # fmt: skip
        for query, title in zip(_QUERIES, first, strict=True):
            print(f"  {query}: {title}")
        begun = time.perf_counter()
        library.look(key)
        library.wait(key, stop)
        print(f"a second look: {time.perf_counter() - begun:.2f} s")
        library.close()
    begun = time.perf_counter()
    with Folder(folder) as opened:
        found = scan(opened)
    print(f"a scan alone: {time.perf_counter() - begun:.2f} s for {len(found.files)} files")
    return 0
