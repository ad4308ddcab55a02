"""What needs a network of its own to be seen: no network, lost packets, and what is sent when."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.base.errors import Cancelled
from app.network.client import Network
from app.network.page_client import PageClient
from app.tools.browser.source import PageText, SourceFault
from app.tools.browser.web import web_source
from app.tools.browser.web.web_options import WebOptions
from app.tools.browser.web.web_source import WebSource
from tests.fakes.web import LocalWeb, running
from tests.web import namespace

_NAME_SERVER = "151.101.9.9"


def run_all() -> int:
    """Run every check in namespaces of its own; return 0 if all hold."""
    codes = [namespace.again_inside([name]) for name in INSIDE]
    print("All hold." if not any(codes) else "Some do not hold.")
    return int(any(codes))


class _Texts:
    def page(
        self, data: bytes, media_type: str, charset: str, address: str, cancel: threading.Event
    ) -> PageText:
        return PageText(address, "", data.decode())


def _web(folder: str) -> WebSource:
    network = Network(Path(folder) / "connections.log")
    client = PageClient(lambda: network, lambda: False)
    return WebSource(lambda: client, _Texts, WebOptions, bool, str)


def _timed(what: str, limit: float, work: Callable[[], object]) -> bool:
    begun = time.monotonic()
    try:
        work()
        said = "no fault"
    except (SourceFault, Cancelled) as fault:
        said = str(fault) or type(fault).__name__
    took = time.monotonic() - begun
    holds = took < limit and said != "no fault"
    print(f"{'ok ' if holds else 'BAD'} {took:6.3f} s of {limit:g}  {what}: {said}")
    return holds


def _tried(limit: float) -> int:
    """Search and open with nothing that answers; each is a sentence within the limit."""
    never = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        web = _web(folder)
        results = [
            _timed("search", limit, lambda: web.search("tides", 5, never)),
            _timed("open a name", limit, lambda: web.open("https://a.example/", never, bool)),
            _timed("open an address", limit, lambda: web.open("http://151.101.1.1/", never, bool)),
        ]
    return int(not all(results))


def no_network() -> int:
    """Check that without a network, a call is answered in less than a second."""
    print("No network, not even this computer's:")
    code = _tried(1)
    namespace.ip("link", "set", "lo", "up")
    print("This computer only, whose ports refuse:")
    return code or _tried(1)


def lost_packets() -> int:
    """Check that where packets are lost, a call is answered in less than five seconds."""
    print("All packets are lost, also those to the name server:")
    namespace.lose_packets()
    with tempfile.TemporaryDirectory() as folder:
        namespace.replace_file("/etc/resolv.conf", f"nameserver {_NAME_SERVER}\n", Path(folder))
        code = _tried(5)
        web = _web(folder)
        for address in ("https://a.example/", "http://151.101.1.1/"):
            stop = threading.Event()
            threading.Timer(0.5, stop.set).start()
            works = _timed("stopped after 0.5 s", 0.6, lambda: web.open(address, stop, bool))  # noqa: B023
            code = code or int(not works)
    return code


def before_consent() -> int:
    """Check by strace that nothing is looked up or connected to before the user has agreed.

    With the web off, a whole chat over a folder opens no socket of the internet at all.
    """
    if not shutil.which("strace"):
        print("Skipped: there is no strace.")
        return 0
    print("Calls of the system for the network, by strace:")
    namespace.lose_packets()
    with tempfile.TemporaryDirectory() as folder:
        namespace.replace_file("/etc/resolv.conf", f"nameserver {_NAME_SERVER}\n", Path(folder))
        bad = []
        for step, expected in (("off", False), ("asked", False), ("allowed", True)):
            trace = Path(folder) / step
            command = [sys.executable, "-m", "tests.web.turn", step]
            strace = ["strace", "-f", "-qq", "-e", "trace=%network"]
            done = subprocess.run([*strace, "-o", str(trace), *command], check=False)
            calls = trace.read_text(errors="replace")
            found = re.findall(r".*(?:sa_family=|socket\()AF_INET6?,.*", calls)
            holds = bool(found) is expected and not done.returncode
            print(f"{'ok ' if holds else 'BAD'} {step}: {len(found)} calls for the internet")
            print("".join(f"      {line[:110]}\n" for line in found[:3]), end="")
            bad.append(not holds)
    return int(any(bad))


def hostile() -> int:
    """Check that no hostile address reaches this computer, by the system's own lookups.

    A server listens at every address of this computer, and counts.
    """
    from tests.unit.test_page_client import INSIDE as ADDRESSES
    from tests.unit.test_page_client import NAMES, UNUSABLE

    print("Hostile addresses, names and redirects, with a listener on this computer:")
    hosts = "".join(
        f"{address.partition('%')[0]} {name.rstrip('.')}\n"
        for name, addresses in NAMES.items()
        for address in addresses
    )
    never, web = threading.Event(), LocalWeb()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        namespace.ip("link", "set", "lo", "up")
        for address in ("151.101.0.9/32", "151.101.0.1/32", "10.0.0.1/32", "192.168.0.10/32"):
            namespace.ip("address", "add", address, "dev", "lo")
        namespace.replace_file("/etc/hosts", f"151.101.0.1 bait.example\n{hosts}", folder)
        tried = [*ADDRESSES, *UNUSABLE, *(f"http://{each}/" for each in NAMES)]
        redirects = [f"/{number}" for number in range(len(tried))]
        for path, address in zip(redirects, tried, strict=True):
            web.redirect("bait.example", path, address.replace("\r\n", ""))
        with running(web, folder, "0.0.0.0", (80, 443)):
            source, refused = _web(name), 0
            web_source._APART_S = 0.0
            for address in (*tried, *(f"http://bait.example{path}" for path in redirects)):
                try:
                    source.open(address, never, lambda address: True)
                except SourceFault as fault:
                    refused += str(fault).endswith(".")
        hits = [each for each in web.requests if each.host != "bait.example"]
        holds = not hits and refused == 2 * len(tried) and len(web.requests) >= len(redirects)
        print(f"{'ok ' if holds else 'BAD'} {2 * len(tried)} tried, {refused} refused, ", end="")
        print(f"{len(hits)} hits, {len(web.requests)} redirects served {hits[:3]}")
    return int(not holds)


INSIDE: dict[str, Callable[[], int]] = {
    "no-network": no_network,
    "lost-packets": lost_packets,
    "before-consent": before_consent,
    "hostile": hostile,
}
