"""``fireside pull``: download a model, or resume a download."""

from __future__ import annotations

import argparse
import dataclasses
import queue
import shutil
import sys
import tempfile
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from app.base import running, system_policy
from app.base import settings as settings_file
from app.base.errors import FiresideError, ModelError
from app.base.jobs import Jobs
from app.base.secrets import HUB_TOKEN, Secrets
from app.base.settings import Folders
from app.cli import model_names, pull_progress
from app.cli.model_names import NamedModel, UnknownName
from app.cli.output import (
    ANSWERED,
    FAILED,
    INTERRUPTED,
    NO_MODEL,
    USAGE,
    carry_out,
    printable,
    say,
)
from app.cli.this_computer import this_machine
from app.engine.probe import Machine
from app.host import last_model
from app.models import disk_scan
from app.models.catalog import HubModel
from app.models.download_events import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    DownloadHeld,
    Downloading,
)
from app.models.download_progress import DownloadNote
from app.models.downloads import Downloads
from app.models.model_library import find_same
from app.models.queue_store import QueuedModel, QueueStore
from app.network.access import NetworkAccess
from app.wording.diagnosis import fit, speed, too_large
from app.wording.download_status import note_sentence
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.quantities import gigabytes, percent

_POLL_S = 0.2  # Windows hears Ctrl+C between two waits only


def run(options: argparse.Namespace) -> int:
    """Download the model that is named; return the exit code."""

    def pull(folders: Folders, log: Path, stack: ExitStack) -> int:
        try:
            return _Pull(folders, log, stack).run(options.name, sure=options.yes)
        except UnknownName as error:
            say(str(error))
            return USAGE
        except KeyboardInterrupt:
            return INTERRUPTED

    def unwritten() -> str:
        return tr("Couldn’t write the result: {reason}")

    return carry_out(options.data_dir, pull, unwritten, _refused)


def _refused(error: FiresideError) -> int:
    explanation = explain(error)
    say(*filter(None, (explanation.sentence, explanation.detail)))
    return NO_MODEL if isinstance(error, ModelError) else FAILED


class _Pull:
    """One call of the command."""

    def __init__(self, folders: Folders, log: Path, stack: ExitStack) -> None:
        self._folders, self._log = folders, log
        self._settings = system_policy.settings(folders)
        jobs = stack.enter_context(closing(Jobs("network")))
        self._network = stack.enter_context(
            closing(
                NetworkAccess(
                    folders.connections,
                    jobs,
                    offline=self._settings.offline,
                    hub=self._settings.hub_address,
                    hub_token=lambda: Secrets(folders.data).get_or_empty(HUB_TOKEN),
                )
            )
        )

    def run(self, name: str | None, *, sure: bool) -> int:
        """Run the command; return the exit code."""
        machine = this_machine(self._folders, self._log)
        wanted = model_names.find(name, machine, self._network)
        shared = system_policy.read(self._folders.system)[0].model_folders
        places = disk_scan.places(map(Path, self._settings.folders), shared)
        here = [model for model in disk_scan.scan(places) if model.problem is None]
        if same := find_same(here, wanted.model):
            here_already = tr("{name} is already on this computer: {path}")
            print(printable(here_already.format(name=wanted.name, path=same.path), sys.stdout))
            return ANSWERED
        entry = self._entry(wanted.model)
        if entry.running and running.holder(self._folders.data):
            share = entry.have / entry.model.size if entry.model.size else 0.0
            say(
                tr("{name} is already downloading in the Fireside window ({percent}).").format(
                    name=wanted.name, percent=percent(share)
                )
            )
            return FAILED
        _describe(wanted, entry, machine)
        if wanted.plan and too_large(wanted.plan, machine) and not sure and not _confirmed():
            return NO_MODEL
        return self._download(wanted, entry)

    def _entry(self, model: HubModel) -> QueuedModel:
        """Return what the window's queue knows of the model, or a new entry."""
        with closing(QueueStore(self._folders.downloads)) as queued:
            if found := queued.entry(model):
                return found
        chosen = self._settings.download_folder
        mount = self._settings.download_mount if chosen else ""
        cache = Path(chosen) if chosen else disk_scan.hub_cache()
        return QueuedModel(model, cache, running=False, mount=mount)

    def _download(self, wanted: NamedModel, entry: QueuedModel) -> int:
        """Download it, by a queue of its own: the window may be open, and owns the other one."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            own = Path(folder) / "downloads.json"
            with closing(QueueStore(own)) as queued:
                queued.put(entry)
            try:
                with closing(pull_progress.view()) as view:
                    path = self._run_download(own, wanted.model, view)
            except KeyboardInterrupt:
                self._hand_over(own, wanted.model)
                say(tr("Paused. Run the same command to continue."))
                return INTERRUPTED
            except BaseException:
                self._hand_over(own, wanted.model)
                raise
            self._hand_over(own, wanted.model, chosen=self._choose(path))
        ready = tr("{name} is ready: {path}").format(name=wanted.name, path=path)
        print(printable(ready, sys.stdout), flush=True)
        return ANSWERED

    def _run_download(self, own: Path, model: HubModel, view: pull_progress.ProgressView) -> Path:
        """Return the path of the first part. Raises HubError, ModelError and Offline."""
        events: queue.SimpleQueue[DownloadEvent] = queue.SimpleQueue()
        limit = self._settings.download_limit * 1e6 or None
        told: set[DownloadNote] = set()
        with closing(Downloads(events.put, self._network.open, own, limit=limit)) as downloads:
            downloads.start(model)
            while True:
                with suppress(queue.Empty):
                    match events.get(timeout=_POLL_S):
                        case Downloading(_, _, notes) as event:
                            for note in notes:
                                if note not in told:
                                    told.add(note)
                                    view.tell(note_sentence(note))
                            view.show(event)
                        case Downloaded(_, path):
                            return path
                        case DownloadHeld(_, error) | DownloadEnded(_, error) if error:
                            raise error

    def _hand_over(self, own: Path, model: HubModel, *, chosen: bool = False) -> None:
        """Let the window know, at its next start, what was downloaded, or how far it came.

        One that was not ``chosen`` is offered there.
        """
        if running.holder(self._folders.data):
            return  # it would write over it
        with (
            closing(QueueStore(own)) as mine,
            closing(QueueStore(self._folders.downloads)) as queued,
        ):
            entry = mine.entry(model)
            if entry is None:
                queued.drop(model)
            elif entry.brought:
                queued.put(dataclasses.replace(entry, running=False))
            for path in mine.downloaded:
                queued.change_downloaded(new=path)
            for path in () if chosen else mine.unused:
                queued.note_unused(path)

    def _choose(self, path: Path) -> bool:
        """Make it the model that is used, if there is none but the demo; return whether it is."""
        file, settings = self._folders.settings, settings_file.load(self._folders.settings)
        used = last_model(settings)
        if used is not None or running.holder(self._folders.data):
            return used == path  # another call may have chosen it
        models = tuple(dict.fromkeys((str(path), *settings.models)))
        with suppress(OSError):
            now = dataclasses.replace(settings, model=str(path), models=models)
            settings_file.save(now, settings, file)
            return True
        return False


def _describe(wanted: NamedModel, entry: QueuedModel, machine: Machine) -> None:
    """Say what will be downloaded, to where, and whether it fits."""
    place = entry.cache
    while not place.exists() and place != place.parent:
        place = place.parent
    say(
        tr("{name}: {size} from {repository} to {folder} ({free} free)").format(
            name=wanted.name,
            size=gigabytes(wanted.model.size),
            repository=wanted.model.repository,
            folder=entry.cache,
            free=gigabytes(shutil.disk_usage(place).free),
        )
    )
    if wanted.plan:
        say(*filter(None, (fit(wanted.plan, machine), speed(wanted.plan, machine))))


def _confirmed() -> bool:
    """Ask whether to download a model that is too large."""
    if not (sys.stdin and sys.stdin.isatty()):
        say(tr("To download it anyway, add {option}.").format(option="--yes"))
        return False
    question = tr("Download anyway? [y/N]")
    print(printable(question, sys.stderr), end=" ", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().casefold()
    return answer in ("y", "yes", tr("y", "short for yes"), tr("yes"))
