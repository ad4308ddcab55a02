"""The kinds of plans; each plan is made from its seed."""

from __future__ import annotations

import contextlib
import fcntl
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from app.base.errors import StoreDamaged, StoreError
from app.store import Store, backups, recover, restore_backup, set_aside
from app.store.schema import MIGRATIONS
from tests.faults import disks
from tests.faults.life import ROOT, Facts, Life, lost


@dataclass
class Plan:
    """A running plan and its results."""

    kind: str
    seed: int
    folder: Path
    disk: disks.Disk | None = None
    facts: Facts = field(default_factory=Facts)
    did: str = ""
    starts: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Starts that were not, by their error; each had its way out."""
    ways: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    lost: list[str] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.kind} {self.seed}")

    @property
    def database(self) -> Path:
        return self.folder / "chats.db"

    def live(self, *errors: str, before: tuple[str, ...] = ()) -> Life:
        """Start another session; it may fail with one of these errors."""
        seed = f"{self.kind} {self.seed} {len(self.lives)}"
        life = Life(self.folder, seed, self.facts, before)
        self.lives.append(life)
        if life.refused:
            assert life.refused in errors, f"refused with {life.refused}"
            self.refused[life.refused] += 1
        else:
            self.starts += 1
        return life

    def pause(self, most: float = 1.5) -> None:
        """Wait for a random time."""
        time.sleep(self.dice.random() ** 2 * most)

    def work(self, life: Life, most: int = 40) -> None:
        """Wait until some more work is done."""
        wanted = life.count("done") + self.dice.randrange(1, most)
        life.until(lambda: life.count("done") >= wanted)

    def check(self) -> None:
        """Check that everything confirmed is there."""
        self.starts += 1
        self.checked += len(self.facts.known)
        self.lost += lost(self.folder, self.facts.known)
        with closing(sqlite3.connect(self.database)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []

    def meets(self, life: Life, *kinds: str) -> None:
        """Wait until the session runs into a fault."""
        before = life.count("failed", "refused")
        assert life.until(lambda: life.count("failed", "refused") > before), "the fault is met"
        self.pause(0.5)
        met = {line[1] for line in life.lines if line[0] in ("failed", "refused")}
        assert met <= set(kinds), met


def kill(plan: Plan) -> None:
    """Kill -9 at random moments."""
    for _ in range(plan.dice.randrange(1, 4)):
        life = plan.live()
        plan.pause(2.0)
        life.kill()
    plan.check()


def full(plan: Plan) -> None:
    """Fill the disk at a random write."""
    assert plan.disk
    life = plan.live()
    plan.work(life)
    plan.disk.fill(plan.dice.choice([0, plan.dice.randrange(300_000)]))
    plan.meets(life, "StoreFull")
    plan.did = plan.dice.choice(["goes on", "killed", "closed"])
    if plan.did == "goes on":
        plan.disk.free()
        life.goes_on()
        plan.dice.choice([life.kill, life.close])()
    else:
        (life.kill if plan.did == "killed" else life.close)()
        again = plan.live("StoreFull")
        if not again.refused:
            plan.pause()
            again.kill()
        plan.disk.free()
    plan.check()


def quota(plan: Plan) -> None:
    """Limit the size of files, for a while."""
    life = plan.live()
    plan.work(life)
    log = plan.folder / "chats.db-wal"
    most = log.stat().st_size + plan.dice.choice([0, plan.dice.randrange(100_000)])
    _, hard = resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (most, -1))
    plan.meets(life, "StoreFull", "StoreReadOnly")
    plan.did = plan.dice.choice(["goes on", "killed"])
    if plan.did == "goes on":
        resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (hard, hard))
        life.goes_on()
        life.close()
    else:
        life.kill()
    plan.check()


def locked(plan: Plan) -> None:
    """Lock the file from another program: this process."""
    life = plan.live()
    plan.work(life)
    plan.did = plan.dice.choice(["writes", "flock", "at start", "lockf at start"])
    if plan.did == "writes":
        with closing(sqlite3.connect(plan.database, isolation_level=None, timeout=5)) as other:
            other.execute("BEGIN IMMEDIATE")
            plan.meets(life, "StoreLocked")
            other.execute("ROLLBACK")
        life.goes_on()
        life.close()
    elif plan.did == "flock":
        with plan.database.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            life.goes_on()
        life.close()
    else:
        life.close()
        hold = _held if plan.did == "at start" else _locked
        with hold(plan.database):
            refused = plan.live("StoreLocked")
            assert refused.refused, "nobody starts on a file that another program holds"
        life = plan.live()
        plan.work(life)
        life.kill()
    plan.check()


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("rb+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield


def frozen(plan: Plan) -> None:
    """Make the folder read-only, at a start or later."""
    life = plan.live()
    plan.work(life)
    plan.did = plan.dice.choice(["at start", "broken down", "broken down, killed"])
    if plan.did == "at start":
        plan.dice.choice([life.kill, life.close])()
        with disks.read_only(plan.folder):
            assert plan.live("StoreReadOnly").refused
    else:
        assert plan.disk
        plan.facts.unsure = True
        plan.disk.break_down()
        plan.meets(life, "StoreReadOnly")
        (life.kill if plan.did.endswith("killed") else life.close)()
        assert plan.live("StoreReadOnly").refused
        plan.facts.unsure = False
        plan.disk.unmount()
        plan.disk.mount()
    life = plan.live()
    plan.work(life)
    life.close()
    plan.check()


def power(plan: Plan) -> None:
    """Cut the power with unwritten data, or leave garbage at the end of the log."""
    assert plan.disk
    life = plan.live()
    plan.did = plan.dice.choice(["power", "power", "power after a restore", "torn log"])
    if plan.did == "power after a restore":
        assert life.until(lambda: life.count("backup") > 0)
        life.close()
        newest = backups(plan.database)[0]
        restore_backup(plan.database, newest.path)
        plan.facts.known = plan.facts.in_backup[str(newest.path)]
    else:
        plan.pause(2.5)
    if plan.did != "torn log":
        plan.disk.cut_power()
        if plan.did == "power":
            life.kill()
        plan.disk.unmount()
        plan.disk.mount()
    else:
        life.kill()
        with plan.database.with_name("chats.db-wal").open("ab") as log:
            log.write(plan.dice.randbytes(plan.dice.randrange(1, 20_000)))
    plan.check()


def damage(plan: Plan) -> None:
    """Overwrite bytes of a file, then take a way out."""
    life = plan.live()
    assert life.until(lambda: life.count("backup") > 0 and life.count("done") > 20)
    plan.work(life)
    plan.dice.choice([life.kill, life.close, life.close])()
    plan.did = plan.dice.choice(["noise", "zeros", "cut short", "header", "other file"])
    _damage(plan.database, plan.did, plan.dice)
    before = plan.database.read_bytes()
    # SQLite writes what is left in the log over the file, whatever that is now.
    replayed = plan.database.with_name("chats.db-wal").exists()
    if _seems_sound(plan):
        plan.ways["none needed"] += 1
        return
    database = {k: v for k, v in plan.facts.known.items() if not k.startswith("setting")}
    way = plan.dice.choice(["restore", "restore", "recover", "afresh"])
    if way == "recover":
        try:
            made = recover(plan.database)
        except StoreDamaged:
            way = "restore"  # as a person does when nothing can be read
        else:
            restore_backup(plan.database, made.path)
            plan.facts.known = {}
    if way == "restore":
        newest = backups(plan.database)[0]
        assert newest.chats is not None
        kept = restore_backup(plan.database, newest.path)
        assert kept.exists()
        plan.facts.known = plan.facts.in_backup[str(newest.path)]
    elif way == "afresh":
        aside = set_aside(plan.database)
        assert aside.read_bytes() == before or replayed or plan.did not in ("header", "other file")
        plan.facts.known = {}
    plan.ways[way] += 1
    if way == "recover":  # its content must be right
        plan.facts.known = {k: v for k, v in database.items() if k.startswith(("text", "said"))}
        missing = lost(plan.folder, plan.facts.known)
        plan.facts.known = {k: v for k, v in plan.facts.known.items() if k not in missing}
    plan.check()
    life = plan.live()
    plan.work(life)
    life.close()
    plan.check()


def _damage(path: Path, how: str, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(1, max(2, len(content) // 4096)) * 4096
        if how in ("noise", "zeros"):
            content[at : at + 4096] = dice.randbytes(4096) if how == "noise" else bytes(4096)
    if how == "cut short":
        del content[dice.randrange(1, len(content)) :]
    elif how == "header":
        content[:100] = dice.randbytes(100)
    elif how == "other file":
        content = bytearray(dice.randbytes(dice.randrange(1, 100_000)))
    path.write_bytes(content)


def _seems_sound(plan: Plan) -> bool:
    """Return whether a start, reading everything, and the day's backup report no damage.

    Then everything must be there.
    """
    try:
        missing = lost(plan.folder, plan.facts.known)
        with closing(Store(plan.database)) as store:
            store.upkeep.backup()
    except StoreDamaged as error:
        plan.refused[type(error).__name__] += 1
        return False
    plan.starts += 1
    plan.checked += len(plan.facts.known)
    plan.lost += missing
    return True


def newer(plan: Plan) -> None:
    """Open a file of a later version; the backup made before leads back."""
    life = plan.live()
    assert life.until(lambda: life.count("backup") > 0)
    life.close()
    with closing(sqlite3.connect(plan.database)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    assert plan.live("StoreNewer").refused
    known = [b for b in backups(plan.database) if b.version <= len(MIGRATIONS)]
    restore_backup(plan.database, known[0].path)
    plan.facts.known = plan.facts.in_backup[str(known[0].path)]
    plan.ways["restore"] += 1
    plan.check()


def restore(plan: Plan) -> None:
    """Kill -9 during the restore of a backup: afterwards either state is right."""
    life = plan.live()
    assert life.until(lambda: life.count("backup") > 0)
    plan.work(life)
    life.close()
    newest = backups(plan.database)[0]
    code = (
        "import sys; from pathlib import Path; from app.store import restore_backup\n"
        "print(flush=True); restore_backup(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(plan.database), str(newest.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        time.sleep(plan.dice.random() * 0.06)
        process.kill()
    before = {k: v for k, v in plan.facts.known.items() if not k.startswith("setting")}
    if missing := lost(plan.folder, before):
        plan.did = "the backup"
        plan.facts.known = plan.facts.in_backup[str(newest.path)]
        other = backups(plan.database)[0]
        assert other.path != newest.path, "what was there is kept"
        assert missing
    else:
        plan.did = "what was there"
    plan.ways["restore"] += 1
    plan.check()


KINDS: dict[Callable[[Plan], None], tuple[int, str]] = {
    kill: (60, ""),
    full: (65, "any"),
    quota: (30, "linux"),
    locked: (40, ""),
    frozen: (30, "ext4"),
    power: (30, "ext4"),
    damage: (30, ""),
    newer: (3, ""),
    restore: (12, ""),
}
"""How many of each there are among 300, and what it needs: Linux, a small disk, an ext4."""


def run(work: Callable[[Plan], None], seed: int) -> Plan:
    """Run one plan and return it.

    Raises AssertionError or StoreError if something was lost.
    """
    _, needs = KINDS[work]
    with contextlib.ExitStack() as stack:
        ext4 = disks.EXT4 and (needs == "ext4" or seed % 2 == 0)
        mounted = needs in ("any", "ext4")
        disk = stack.enter_context(disks.disk(ext4=ext4)) if mounted else None
        root = disk.root if disk else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = root / "data"
        folder.mkdir()
        plan = Plan(work.__name__, seed, folder, disk)
        try:
            work(plan)
        finally:
            for life in plan.lives:
                with contextlib.suppress(OSError, ValueError):
                    life.abandon()
            shutil.rmtree(folder, ignore_errors=True)
        return plan


def fails(work: Callable[[Plan], None], seed: int) -> Plan | str:
    """Return the finished plan, or what went wrong."""
    try:
        return run(work, seed)
    except (AssertionError, StoreError, OSError, subprocess.SubprocessError) as error:
        return f"{work.__name__} {seed}: {type(error).__name__} {error}"
