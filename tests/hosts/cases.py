"""What happens to the computers, the cables and the names, and what Fireside makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.store.rows import State
from tests.hosts.computers import NAME, Computers, kill, wait_until_asked
from tests.hosts.desk import Desk, Outcome
from tests.web.namespace import replace_file

HTTP = f"http://{NAME}:8000/v1"
HTTPS = f"https://{NAME}:8443/v1"
_LONG = "words 400"


@dataclass
class Seen:
    """What a case has shown.

    ``kept``: whether the words that had come are on disk; ``on``: whether the chat went on. None
    where there is nothing to be kept, or it was not tried.
    """

    outcome: Outcome
    kept: bool | None = None
    on: bool | None = None
    note: str = ""

    def row(self, name: str) -> str:
        """Return it as JSON."""
        told = self.outcome
        return json.dumps(
            {
                "case": name,
                "fault": told.fault,
                "state": told.state,
                "sentence": told.sentence,
                "buttons": told.buttons,
                "first_s": round(told.first_s, 2),
                "noticed_s": round(told.noticed_s or told.ended_s, 2),
                "kept": self.kept,
                "on": self.on,
                "note": self.note,
                "text": told.text,
            }
        )


Case = Callable[[Computers], Seen]


def plain(all: Computers) -> Seen:
    """Ask another computer."""
    with all.server("gpu"), _desk(all) as desk:
        seen = desk.whole("words 3")
        return Seen(seen, kept=seen.text == "I am gpu. word0 word1 word2", on=_goes_on(desk))


def slow(all: Computers) -> Seen:
    """Have a bad link: 150 ms each way, a tenth of the packets lost, 8 kB a second."""
    with all.server("gpu"), _desk(all) as desk:
        all.gpu.delay, all.gpu.loss, all.gpu.rate = 0.15, 0.1, 8000
        seen = desk.whole("words 40")
        kept = seen.text.startswith("I am gpu.") and seen.text.endswith("word39")
        return Seen(seen, kept=kept, on=_goes_on(desk))


def pulled(all: Computers) -> Seen:
    """Pull the cable out of this computer within an answer."""
    return _broken(all, lambda _: all.gpu.pull(), all.gpu.plug)


def cut(all: Computers) -> Seen:
    """Pull a cable somewhere on the way within an answer: packets vanish."""
    return _broken(all, lambda _: _cut(all, True), lambda: _cut(all, False))


def cut_in_the_prefill(all: Computers) -> Seen:
    """Do so before the first word."""
    return _broken(
        all, lambda _: _cut(all, True), lambda: _cut(all, False), "wait 100", before=True
    )


def plugged_again(all: Computers) -> Seen:
    """Pull the cable out here, and plug it in again after three seconds."""
    with all.server("gpu"), _desk(all) as desk:
        asked = desk.ask("words 60").until("word5")
        all.gpu.pull()
        time.sleep(3)
        all.gpu.plug()
        seen = asked.ended()
        return Seen(seen, kept=seen.text.endswith("word59"), on=_goes_on(desk))


def long_prefill(all: Computers) -> Seen:
    """Wait for 50 s without a byte, since the server works: that is no fault."""
    with all.server("gpu"), _desk(all) as desk:
        seen = desk.whole("wait 50")
        return Seen(seen, kept=seen.text.endswith("word2"), on=_goes_on(desk))


def killed(all: Computers) -> Seen:
    """Kill the server's process within an answer."""
    with all.server("gpu") as server, _desk(all) as desk:
        asked = desk.ask(_LONG).until("word5")
        began = time.monotonic()
        kill(server)
        seen = asked.ended(began)
        with all.server("gpu"):
            return Seen(seen, kept="word5" in seen.text, on=_goes_on(desk))


def refused(all: Computers) -> Seen:
    """Ask a computer where no server listens."""
    with _desk(all) as desk:
        seen = desk.whole("words 3")
        with all.server("gpu"):
            return Seen(seen, on=_goes_on(desk))


def switched_off(all: Computers) -> Seen:
    """Ask a computer that is off: nothing answers."""
    with _desk(all) as desk, all.server("gpu"):
        all.gpu.cut = True
        seen = desk.whole("words 3")
        all.gpu.cut = False
        return Seen(seen, on=_goes_on(desk))


def no_cable(all: Computers) -> Seen:
    """Ask while this computer has no link."""
    with _desk(all) as desk, all.server("gpu"):
        all.gpu.pull()
        seen = desk.whole("words 3")
        all.gpu.plug()
        return Seen(seen, on=_goes_on(desk))


def name_gone(all: Computers) -> Seen:
    """Ask when nobody knows its name any more."""
    with _desk(all) as desk, all.server("gpu"):
        all.name({})
        seen = desk.whole("words 3")
        all.name({NAME: all.gpu.there})
        return Seen(seen, on=_goes_on(desk))


def other_host_http(all: Computers) -> Seen:
    """Give the name to another computer, without TLS: nothing can tell."""
    with all.server("gpu"), all.server("other"), _desk(all) as desk:
        first = desk.whole("words 3")
        all.name({NAME: all.other.there})
        seen = desk.whole("words 3")
        assert "I am gpu" in first.text
        note = "http:// proves nothing: " + seen.text.partition(".")[0]
        return Seen(seen, note=note)


def other_host_tls(all: Computers) -> Seen:
    """Give the name to another computer, whose trusted certificate has a name of its own."""
    with (
        _trusting(all),
        all.server("gpu", 8443, all.authority.certificate(NAME)),
        all.server("other", 8443, all.authority.certificate("other.example.org")),
        _desk(all, HTTPS) as desk,
    ):
        first = desk.whole("words 3")
        assert "I am gpu" in first.text
        all.name({NAME: all.other.there})
        seen = desk.whole("words 3")
        all.name({NAME: all.gpu.there})
        return Seen(seen, on=_goes_on(desk))


def stranger(all: Computers) -> Seen:
    """Meet the right name in a certificate of an authority that is not known here."""
    with (
        _trusting(all),
        all.server("gpu", 8443, all.stranger.certificate(NAME)),
        _desk(all, HTTPS) as desk,
    ):
        return Seen(desk.whole("words 3"))


def tls_on_http(all: Computers) -> Seen:
    """Use https:// for a port that speaks plain HTTP."""
    with all.server("gpu"), _desk(all, f"https://{NAME}:8000/v1") as desk:
        return Seen(desk.whole("words 3"))


def authority_by_file(all: Computers) -> Seen:
    """Use a private authority, named by SSL_CERT_FILE."""
    return _private(all, _trusting(all))


def authority_by_folder(all: Computers) -> Seen:
    """Use a private authority in a folder of SSL_CERT_DIR, under OpenSSL's name."""
    folder = all.folder / "certificates"
    folder.mkdir()
    certificate = all.folder / "authority" / "ca.pem"
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(certificate)],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (folder / f"{hashed}.0").write_bytes(certificate.read_bytes())
    return _private(all, _environment(SSL_CERT_DIR=str(folder)))


def authority_of_the_system(all: Computers) -> Seen:
    """Use a private authority in the system's store, as an administrator adds it."""
    own = all.folder / "store"
    for place in ("/etc/ssl/certs", "/usr/local/share/ca-certificates"):
        copy = own / place.strip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", place, str(copy)], check=True)
        subprocess.run(["mount", "--bind", str(copy), place], check=True)
    authority = (all.folder / "authority" / "ca.pem").read_text("utf-8")
    Path("/usr/local/share/ca-certificates/team.crt").write_text(authority, "utf-8")
    replace_file("/etc/ca-certificates.conf", Path("/etc/ca-certificates.conf").read_text(), own)
    subprocess.run(["update-ca-certificates"], check=True, capture_output=True)
    return _private(all, _environment())


def stopped_while_cut(all: Computers) -> Seen:
    """Stop an answer whose cable is cut."""
    with all.server("gpu"), _desk(all) as desk:
        asked = desk.ask(_LONG).until("word5")
        all.gpu.cut = True
        time.sleep(1)
        began = time.monotonic()
        asked.turn.cancel()
        seen = asked.ended(began)
        all.gpu.cut = False
        kept = "word5" in seen.text and seen.state is State.STOPPED
        return Seen(seen, kept=kept, on=_goes_on(desk))


def stopped_in_the_prefill(all: Computers) -> Seen:
    """Stop before the first word."""
    with all.server("gpu") as server, _desk(all) as desk:
        asked = desk.ask("wait 30")
        wait_until_asked(server)
        began = time.monotonic()
        asked.turn.cancel()
        return Seen(asked.ended(began), on=_goes_on(desk))


def went_offline(all: Computers) -> Seen:
    """Switch Fireside offline within an answer."""
    with all.server("gpu"), _desk(all) as desk:
        asked = desk.ask(_LONG).until("word5")
        began = time.monotonic()
        desk.host.network.set_offline(True)
        seen = asked.ended(began)
        desk.host.network.set_offline(False)
        return Seen(seen, kept="word5" in seen.text, on=_goes_on(desk))


def _broken(
    all: Computers,
    happen: Callable[[object], object],
    mend: Callable[[], object],
    text: str = _LONG,
    *,
    before: bool = False,
) -> Seen:
    """Break an answer in its middle, or before its first word, and go on after it was mended."""
    with all.server("gpu") as server, _desk(all) as desk:
        asked = desk.ask(text)
        if before:
            wait_until_asked(server)
        else:
            asked.until("word5")
        began = time.monotonic()
        happen(None)
        seen = asked.ended(began)
        mend()
        kept = None if before else "word5" in seen.text
        return Seen(seen, kept=kept, on=_goes_on(desk))


def _cut(all: Computers, cut: bool) -> None:
    all.gpu.cut = cut


def _private(all: Computers, trusting: AbstractContextManager[None]) -> Seen:
    with (
        trusting,
        all.server("gpu", 8443, all.authority.certificate(NAME)),
        _desk(all, HTTPS) as desk,
    ):
        return Seen(desk.whole("words 3"), on=_goes_on(desk))


def _goes_on(desk: Desk) -> bool:
    """Ask the next question of the chat; return whether it was answered."""
    return desk.whole("words 2").text == "I am gpu. word0 word1"


def _desk(all: Computers, url: str = HTTP) -> Desk:
    return Desk(all.folder / "data", url)


def _trusting(all: Computers) -> AbstractContextManager[None]:
    return _environment(SSL_CERT_FILE=str(all.folder / "authority" / "ca.pem"))


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    os.environ.update(values)
    yield
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


CASES: dict[str, Case] = {
    case.__name__.replace("_", "-"): case
    for case in (
        plain,
        slow,
        pulled,
        cut,
        cut_in_the_prefill,
        plugged_again,
        long_prefill,
        killed,
        refused,
        switched_off,
        no_cable,
        name_gone,
        other_host_http,
        other_host_tls,
        stranger,
        tls_on_http,
        authority_by_file,
        authority_by_folder,
        authority_of_the_system,
        stopped_while_cut,
        stopped_in_the_prefill,
        went_offline,
    )
}
