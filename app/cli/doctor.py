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
from app.base import graphics_advice, graphics_probe
from app.base import settings as settings_file
from app.base.errors import ModelError
from app.base.gguf import GgufHeader
from app.base.graphics_advice import Advice
from app.base.settings import Folders
from app.base.types import ModelRef
from app.cli.output import (
    ANSWERED,
    carry_out,
    printable,
)
from app.engine import probe
from app.engine.overrides import Overrides
from app.engine.plan import propose
from app.engine.probe import Examined, Machine
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.tools.python import runtime
from app.tools.python.wall import Wall, examination
from app.wording.diagnosis import report, summary
from app.wording.errors import explain
from app.wording.graphics import told
from app.wording.language import tr
from app.wording.sandbox import sandbox


def run(options: argparse.Namespace) -> int:
    """Print the report; return the exit code."""

    def examine(folders: Folders, log: Path, _: ExitStack) -> int:
        settings = settings_file.load(folders.settings)
        files = [options.model.absolute()] if options.model else map(Path, settings.models)
        models = [*(ModelRef.of_file(path, path.stem) for path in files)]
        with closing(LocalBackend(log, speeds=SpeedFile(folders.speeds))) as backend:
            devices = backend.devices()
        found = probe.examine(devices, models or [demo_model()], graphics_probe.look())
        overrides, wall = Overrides.of(settings), examination.examine()
        if options.json:
            print(json.dumps(facts(found, overrides, wall), indent=2), flush=True)
        else:
            text = sandbox(wall, installed=runtime.find() is not None)
            print(printable(report(found, overrides, text), sys.stdout), flush=True)
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
