"""``fireside doctor``: a report on this computer, and on the settings chosen for it."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from app.base import settings as settings_file
from app.base.errors import FiresideError
from app.base.types import ModelRef
from app.cli.output import (
    ANSWERED,
    FAILED,
    INTERRUPTED,
    find_folders,
    give_up_output,
    open_missing,
    printable,
    say,
    speak,
)
from app.engine import probe
from app.engine.plan import Overrides
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.wording.diagnosis import report
from app.wording.errors import explain
from app.wording.language import tr


def run(options: argparse.Namespace) -> int:
    """Print the report; return the exit code."""
    open_missing()
    speak()
    try:
        stack = ExitStack()
        folders, log = find_folders(options.data_dir, stack)
        speak(folders)
        settings = settings_file.load(folders.settings)
        files = [options.model.absolute()] if options.model else map(Path, settings.models)
        models = [*(ModelRef.of_file(path, path.stem) for path in files)]
        with stack, closing(LocalBackend(log)) as backend:
            found = probe.examine(backend.devices(), models or [demo_model()])
        print(printable(report(found, Overrides.of(settings)), sys.stdout), flush=True)
        return ANSWERED
    except FiresideError as error:
        say(explain(error).sentence)
        return FAILED
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        return give_up_output(error, tr("Couldn’t write the report: {reason}"))
