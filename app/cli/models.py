"""``fireside models``: the models on this computer, and those that can be downloaded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from app.base import system_policy
from app.base.errors import ModelError
from app.base.settings import Folders, Settings
from app.cli import model_names
from app.cli.output import (
    ANSWERED,
    carry_out,
    printable,
)
from app.cli.remote_models import RemoteModels
from app.cli.this_computer import this_machine
from app.engine import probe
from app.engine.overrides import Overrides
from app.engine.plan import propose
from app.engine.probe import Machine
from app.engine.remote.remote_server import SavedEndpoint
from app.host import last_model
from app.models import disk_scan
from app.models.disk_scan import InstalledModel
from app.models.model_library import find_same
from app.models.queue_store import QueueStore
from app.wording.answered_by import model_on_host
from app.wording.diagnosis import fit
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.policy_words import set_by_organization
from app.wording.quantities import gigabytes, percent

Facts = Mapping[str, Any]


def run(options: argparse.Namespace) -> int:
    """Print the list; return the exit code."""

    def list_models(folders: Folders, log: Path, stack: ExitStack) -> int:
        settings = system_policy.settings(folders)
        shared = system_policy.read(folders.system)[0].model_folders
        machine = this_machine(folders, log)
        found = list(disk_scan.scan(disk_scan.places(map(Path, settings.folders), shared)))
        here = _installed(found, settings, machine)
        remote = [_remote(each, settings) for each in RemoteModels(folders, stack).all()]
        offered = _offered(found, folders, machine)
        if options.json:
            listed = {"installed": here, "remote": remote, "offered": offered}
            print(json.dumps(listed, indent=2), flush=True)
        else:
            print(printable("\n".join(_table(here, remote, offered)), sys.stdout), flush=True)
        return ANSWERED

    return carry_out(options.data_dir, list_models, lambda: tr("Couldn’t write the list: {reason}"))


def _installed(
    found: Sequence[InstalledModel], settings: Settings, machine: Machine
) -> list[Facts]:
    """Return what is known of each model on this disk: those in folders, and those opened."""
    chosen, overrides = last_model(settings), Overrides.of(settings)
    paths = {model.path for model in found}
    opened = [path for path in map(Path, settings.models) if path not in paths and path.is_file()]
    listed = [(m.title, m.path, m.size, str(m.place.kind), m.problem) for m in found]
    for path in opened:
        model = disk_scan.inspect(path)
        listed.append((path.stem, path, model.size, str(model.place.kind), model.problem))
    rows: list[Facts] = []
    for name, path, size, place, problem in listed:
        fits, told = None, problem
        sentence = ""
        if problem is None:
            try:
                plan = propose(probe.model(path), machine, overrides)
                fits, sentence = plan.fits, fit(plan, machine)
            except ModelError as error:
                told = error
        rows.append(
            {
                "name": name,
                "path": str(path),
                "size": size,
                "place": place,
                "in_use": path == chosen,
                "fits": fits,
                "about": explain(told).sentence if told else sentence,
            }
        )
    return rows


def _remote(saved: SavedEndpoint, settings: Settings) -> Facts:
    """Return what is known of a model on another computer; its server is not asked."""
    return {
        "name": saved.model.name,
        "model": saved.endpoint.model,
        "host": saved.endpoint.host,
        "url": saved.endpoint.url,
        "context": saved.context or None,
        "in_use": saved.model.key == settings.model,
        "shared": saved.shared,
    }


def _offered(found: Sequence[InstalledModel], folders: Folders, machine: Machine) -> list[Facts]:
    """Return what can be downloaded by name, or was begun."""
    usable = [model for model in found if model.problem is None]
    with closing(QueueStore(folders.downloads)) as queued:
        entries = {entry.model: entry for entry in queued.entries}
    rows: list[Facts] = []
    for each in model_names.offered(machine):
        if find_same(usable, each.model):
            entries.pop(each.model, None)
            continue
        entry = entries.pop(each.model, None)
        rows.append(
            {
                "name": each.name,
                "repository": each.model.repository,
                "size": each.model.size,
                "downloaded": entry.have if entry else 0,
                "fits": each.plan.fits if each.plan else None,
                "about": fit(each.plan, machine) if each.plan else "",
            }
        )
    for model, entry in entries.items():
        rows.append(
            {
                "name": model.title,
                "repository": model.repository,
                "size": model.size,
                "downloaded": entry.have,
                "fits": None,
                "about": "",
            }
        )
    return rows


def _table(
    here: Sequence[Facts], remote: Sequence[Facts], offered: Sequence[Facts]
) -> Iterator[str]:
    yield tr("On this computer")
    for row in here:
        mark = "*" if row["in_use"] else " "
        yield from _row(mark, row, row["about"], row["path"])
    if not here:
        yield "  " + tr("No models found")
    if remote:
        yield ""
        yield tr("On other computers ({command})").format(command="`fireside ask --model NAME`")
    for row in remote:
        about = set_by_organization() if row["shared"] else ""
        yield f"{'*' if row['in_use'] else ' '} {model_on_host(row['name'], row['host'])}"
        if about:
            yield f"    {about}"
    if any(row["in_use"] for row in (*here, *remote)):
        yield "  " + tr("* in use")
    if offered:
        yield ""
        yield tr("Available to download ({command})").format(command="`fireside pull NAME`")
    for row in offered:
        paused = ""
        if row["downloaded"]:
            share = percent(row["downloaded"] / row["size"])
            paused = tr("{percent} downloaded").format(percent=share)
        yield from _row(" ", row, paused, row["about"])


def _row(mark: str, row: Facts, *about: str) -> Iterator[str]:
    yield f"{mark} {row['name']}  {gigabytes(row['size'])}"
    for line in filter(None, about):
        yield f"    {line}"
