"""``fireside doctor``: a report on this computer, and on the settings chosen for it."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from app.base import settings as settings_file
from app.base.settings import Folders
from app.base.types import ModelRef
from app.cli.output import (
    ANSWERED,
    carry_out,
    printable,
)
from app.engine import probe
from app.engine.plan import Overrides
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.wording.diagnosis import report
from app.wording.language import tr


def run(options: argparse.Namespace) -> int:
    """Print the report; return the exit code."""

    def examine(folders: Folders, log: Path, _: ExitStack) -> int:
        settings = settings_file.load(folders.settings)
        files = [options.model.absolute()] if options.model else map(Path, settings.models)
        models = [*(ModelRef.of_file(path, path.stem) for path in files)]
        with closing(LocalBackend(log, speeds=SpeedFile(folders.speeds))) as backend:
            found = probe.examine(backend.devices(), models or [demo_model()])
        print(printable(report(found, Overrides.of(settings)), sys.stdout), flush=True)
        return ANSWERED

    return carry_out(options.data_dir, examine, lambda: tr("Couldn’t write the report: {reason}"))
