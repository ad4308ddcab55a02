"""``fireside doctor``: a report on this computer, and on the settings chosen for it.

With ``--json`` it is one object, for programs. Sizes are in bytes, and texts for people in their
language. Members may be added; those that are here stay:

    version, python, system, llama_cpp      what runs, and where
    memory, processor, backends, gpus       as llama.cpp finds them
    speeds          those that were measured: `Speeds`, or null
    unused          backends for GPUs that are there and not used, and why: `UnusedBackend`
    build           the GPU library that is being compiled: `GpuBuild`, or null
    graphics        the cards and drivers as the drivers and the kernel tell them: `Graphics`
    advice          what is wrong with them: `Advice`, with its ``text`` and ``command``
    choice          what llama.cpp should be built for here: `BuildChoice`
    sandbox         whether Python for models is ``installed``, and the ``layers`` of the system's
                    wall around it, and those ``missing`` here; both null if that cannot be told
    settings        what the user fixed: `Overrides`
    sources         each folder and encyclopaedia to search, without its name: its ``kind``,
                    ``state``, ``documents``, and the ``size`` of its index
    web             which ``provider`` searches the web, and a word for why it cannot be used now
    server          whether the local server is ``on`` while the window is open, its ``port``, and
                    where its ``token`` is: "keyring", "file", or null if there is none yet
    policy          the ``file`` of an administrator's policy, whether it was ``found``, what is
                    wrong with it as ``problem``, and what holds by it: ``offline``, ``tools``,
                    ``server`` and ``model_folders``
    endpoints       the ``file`` of models on other computers that an administrator has added,
                    whether it was ``found``, its ``problems``, each model's ``name``, ``model`` and
                    ``host``, and how many the user has added: ``own``
    models          name, path, ``plan`` (`Plan`) or null, ``about``: the plan or why there is none
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from app import __version__
from app.base import graphics_advice, graphics_probe, system_policy
from app.base.errors import ModelError
from app.base.gguf import GgufHeader
from app.base.graphics_advice import Advice
from app.base.secrets import SERVER_TOKEN, Secrets
from app.base.settings import Folders, Settings
from app.base.system_files import ENDPOINTS, POLICY
from app.base.types import ModelRef
from app.cli.output import (
    ANSWERED,
    carry_out,
    printable,
)
from app.cli.remote_models import RemoteModels
from app.engine import probe
from app.engine.overrides import Overrides
from app.engine.plan import propose
from app.engine.probe import Examined, Machine
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.tools.browser.source_status import SourceStatus
from app.tools.browser.web.providers import provider_of
from app.tools.python import runtime
from app.tools.python.wall import Wall, examination
from app.wording.diagnosis import report, summary
from app.wording.endpoint_words import endpoints_summary
from app.wording.errors import explain
from app.wording.graphics import told
from app.wording.language import tr
from app.wording.policy_words import policy_summary
from app.wording.sandbox import sandbox
from app.wording.serving_words import server_summary
from app.wording.source_words import sources_summary
from app.wording.web_words import web_summary


def run(options: argparse.Namespace) -> int:
    """Print the report; return the exit code."""

    def examine(folders: Folders, log: Path, stack: ExitStack) -> int:
        rules, damage = system_policy.read(folders.system)
        rules_file, shared_file = folders.system / POLICY, folders.system / ENDPOINTS
        settings = system_policy.settings(folders)
        remote = RemoteModels(folders, stack)
        files = [options.model.absolute()] if options.model else map(Path, settings.models)
        models = [*(ModelRef.of_file(path, path.stem) for path in files)]
        with closing(LocalBackend(log, speeds=SpeedFile(folders.speeds))) as backend:
            devices = backend.devices()
        found = probe.examine(devices, models or [demo_model()], graphics_probe.look())
        overrides, wall = Overrides.of(settings), examination.examine()
        statuses = _statuses(folders)
        if options.json:
            searched = {
                "sources": [_source(status) for status in statuses],
                "web": {"provider": settings.web_search, "unavailable": _web_word(settings)},
                "server": {
                    "on": settings.serve,
                    "port": settings.serve_port,
                    "token": Secrets(folders.data).place(SERVER_TOKEN),
                },
                "policy": {
                    "file": str(rules_file),
                    "found": rules_file.exists(),
                    "problem": explain(damage).sentence if damage else None,
                    **dataclasses.asdict(rules),
                    "model_folders": [*map(str, rules.model_folders)],
                },
                "endpoints": _endpoints(shared_file, remote),
            }
            print(json.dumps({**facts(found, overrides, wall), **searched}, indent=2), flush=True)
        else:
            text = sandbox(wall, installed=runtime.find() is not None)
            folders_said = sources_summary(statuses)
            web = web_summary(provider_of(settings.web_search).name, _web_word(settings))
            server = server_summary(settings.serve_port, on=settings.serve)
            ruled = policy_summary(rules_file, rules, damage)
            added = endpoints_summary(shared_file, remote.all(), remote.faults)
            said = report(found, overrides, text, folders_said, web, server, ruled, added)
            print(printable(said, sys.stdout), flush=True)
        return ANSWERED

    return carry_out(options.data_dir, examine, lambda: tr("Couldn’t write the report: {reason}"))


def facts(examined: Examined, overrides: Overrides, wall: Wall | None) -> Mapping[str, Any]:
    """Return the report as values that JSON knows."""
    machine, graphics = examined.machine, examined.graphics
    devices = machine.devices
    return {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "llama_cpp": devices.version,
        "memory": {"total": machine.memory, "available": machine.available},
        "processor": {"cores": machine.cores, "features": devices.features},
        "backends": devices.backends,
        "gpus": [dataclasses.asdict(gpu) for gpu in devices.gpus],
        "speeds": dataclasses.asdict(machine.speeds) if machine.speeds else None,
        "unused": [dataclasses.asdict(each) for each in devices.unused],
        "build": dataclasses.asdict(examined.build) if examined.build else None,
        "graphics": dataclasses.asdict(graphics),
        "advice": [_advice(each) for each in graphics_advice.advice(graphics)],
        "choice": dataclasses.asdict(graphics_advice.backend(graphics)),
        "sandbox": {
            "installed": runtime.find() is not None,
            "layers": wall.layers if wall else None,
            "missing": wall.missing if wall else None,
        },
        "settings": dataclasses.asdict(overrides),
        "models": [_model(ref, header, machine, overrides) for ref, header in examined.models],
    }


def _statuses(folders: Folders) -> tuple[SourceStatus, ...]:
    """Return how the folders and encyclopaedias stand, as they are on the disk."""
    if not folders.sources.exists():
        return ()
    from app.tools.browser.library import SourceLibrary

    with closing(SourceLibrary(folders, lambda event: None, reads=False)) as library:
        return library.statuses()


def _source(status: SourceStatus) -> Mapping[str, Any]:
    """Return a source without its name and path, which may be private."""
    return {
        "kind": status.entry.kind,
        "state": status.state,
        "documents": status.documents,
        "size": status.size,
    }


def _endpoints(file: Path, remote: RemoteModels) -> Mapping[str, Any]:
    saved = remote.all()
    shared = [each for each in saved if each.shared]
    return {
        "file": str(file),
        "found": file.exists(),
        "problems": [explain(fault).sentence for fault in remote.faults],
        "shared": [
            {"name": each.model.name, "model": each.endpoint.model, "host": each.endpoint.host}
            for each in shared
        ],
        "own": len(saved) - len(shared),
    }


def _web_word(settings: Settings) -> str:
    return "offline" if settings.offline else ""


def _advice(advice: Advice) -> Mapping[str, Any]:
    text, *commands = told(advice)
    return dataclasses.asdict(advice) | {"text": text, "command": "".join(commands)}


def _model(
    ref: ModelRef, header: GgufHeader | ModelError, machine: Machine, overrides: Overrides
) -> Mapping[str, Any]:
    plan, about = None, ""
    if isinstance(header, GgufHeader):
        plan = propose(header, machine, overrides)
        about = summary(plan)
    else:
        about = explain(header).sentence
    facts = dataclasses.asdict(plan) if plan else None
    return {"name": ref.name, "path": ref.place, "plan": facts, "about": about}
