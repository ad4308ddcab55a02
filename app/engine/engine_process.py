"""The worker process, as its owner sees it, and the options that it is started by."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import EngineFailed, FiresideError
from app.base.processes import ChildProcess, end_first_without_memory, write_output_to
from app.engine.shared_pipe import SharedPipe

if TYPE_CHECKING:  # saves the window's start time and memory
    from multiprocessing.connection import Connection

    from app.base.types import ModelRef
    from app.engine.answer_watch import AnswerWatch
    from app.engine.overrides import Overrides
    from app.engine.plan import Plan

Target = Callable[["Connection", Path], None]

_NO_GPU = "FIRESIDE_NO_GPU"
WITHOUT_GPUS = {_NO_GPU: "1", "GGML_DISABLE_VULKAN": "1", "CUDA_VISIBLE_DEVICES": "-1"}
"""The environment of a process that asks no driver; the last two are for what is built in."""

OFFLOAD = "GGML_OP_OFFLOAD_MIN_BATCH"
"""The shortest batch for which weights are copied to a GPU; read when backends are loaded."""

LOG_TAIL = 2000  # bytes of the log that go into a report
LOAD_LOG = 16_000  # bytes that explain a failed load: a crash leaves a long stack


def run_child(connection: Connection, log: Path) -> None:
    """Serve the pipe with llama.cpp, which is imported only once all output goes to the log."""
    write_output_to(log)
    faulthandler.enable()
    end_first_without_memory()
    # OpenMP's threads would spin while waiting for each other. If another program uses a core,
    # llama.cpp then loses most of its speed (measured: 231 tokens/s instead of 946 on the demo
    # model).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from app.engine import llama

    llama.main(connection, gpus=_NO_GPU not in os.environ)


def _no_overrides() -> Overrides:
    from app.engine.overrides import Overrides

    return Overrides()


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The user's overrides of the plan, and how many bytes of disk the KV cache may use.

    ``renewed`` is another number once the model is to be loaded again, in a new process and by a
    new plan.
    """

    overrides: Overrides = field(default_factory=_no_overrides)
    budget: int = 0
    renewed: int = 0


class EngineProcess(ChildProcess):
    """The worker process, and what the supervisor knows of its state."""

    def __init__(self, target: Target, log: Path, environment: Mapping[str, str]) -> None:
        try:
            super().__init__(target, (log,), name="engine", log=log, environment=environment)
        except OSError as error:
            raise EngineFailed(str(error)) from error
        self.pipe = SharedPipe(self)
        self.environment = environment
        self.fault: FiresideError | None = None
        """Why it has ended; None as long as nobody has found it gone."""
        self.stuck = False
        """Whether it was killed because it did not obey when one answer was stopped."""
        self.runs: tuple[Path, Overrides] | None = None
        """The loaded file, and the overrides its plan was made with."""
        self.model: ModelRef | None = None
        """The model that is loaded; its file is that of ``runs``."""
        self.plan: Plan | None = None
        """The plan by which a model is, or is being, loaded."""
        self.grows = True
        """Whether its context may become longer; else the memory was not there."""
        self.held = 0
        """Bytes of the computer's memory that the model holds and that cannot be paged out."""
        self.watch: AnswerWatch | None = None
        """What compares the speed of answers to the predicted one; None if none is predicted."""
        self.budget: int | None = None
        """The last disk budget sent to it, in bytes."""
