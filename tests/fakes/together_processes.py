"""Workers that answer several questions at a time, as the real one does, with words in turn.

Each is a `Target` as in `tests.fakes.engine_processes`. What is asked says how it is answered: see
`Talker`. Beside its log, ``history`` has a line for each load, question and command.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base.answer_events import Delta, Done, Loading, Prefill, Prompt, Stats, StopReason
from app.base.types import Role
from app.engine.delta_wire import pack
from app.engine.engine_protocol import NeedsContext
from app.engine.probe import Devices, Gpu
from tests.fakes.gpu_processes import CARDS, LOST, noted

WORDS = tuple(f"word{n} " for n in range(20))
STATS = Stats(1, 1, len(WORDS), 0, 0.1, 0.1, 0, 0, 4096)
_PACE_S = 0.004


@dataclass
class _Answer:
    """An answer, of which ``said`` words have come before. ``ahead``: nothing is said."""

    request: Any
    said: int
    ahead: bool = False
    stopped: bool = False

    @property
    def asked(self) -> str:
        """What was asked last."""
        users = [message for message in self.request.messages if message.role is Role.USER]
        return str(users[-1].text)

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be said."""
        endless = self.ahead or self.asked in ("endless", "deaf", "stuck")
        return self.stopped or (not endless and self.said >= len(WORDS))


class Talker:
    """A worker of words, one of each answer in turn.

    A question may be: "die", "hang", "lose" a GPU (all in the middle, the last one once,
    by the history), "deaf" (not to a stop, but the others go on), "stuck" (a stop hangs all),
    "endless", "grow" (it needs a longer context), "four" (nothing is said before all four ask).
    """

    def __init__(self, connection: Connection, log: Path, gpus: tuple[Gpu, ...] = ()) -> None:
        self._connection, self._log, self._gpus = connection, log, gpus
        self._answers: dict[int, _Answer] = {}
        self._context = 0
        self._fours = 0

    def serve(self) -> None:
        """Answer until the end."""
        while True:
            while self._connection.poll(None if not self._answers else _PACE_S):
                if not self._obeys(self._connection.recv()):
                    return
            for number in list(self._answers):
                self._speak(number, self._answers[number])

    def _obeys(self, command: tuple[Any, ...]) -> bool:
        name, number, *arguments = command
        work: dict[str, Callable[..., object]] = {
            "devices": lambda: self._say(number, Devices(self._gpus)),
            "load": lambda *of: self._load(number, *of),
            "ask": lambda *of: self._ask(number, *of),
            "prepare": lambda request: self._prepare(number, request),
            "count": lambda request: self._say(number, Prompt(7, self._context)),
            "forget": lambda chat: noted(self._log, f"forgets {chat}"),
            "budget": lambda size: None,
        }
        if name == "close":
            return False
        if name == "cancel":
            self._stop(number)
        elif name != "hurry":
            work[name](*arguments)
            if number not in self._answers:
                self._say(number, None)
        return True

    def _load(self, number: int, path: Path, plan: Any, *_: Any) -> None:
        assert not self._answers, "somebody's answer would be lost"
        noted(self._log, f"loads {path.name} {plan.context}")
        for fraction in (0.5, 1.0):
            time.sleep(_PACE_S)
            self._say(number, Loading(fraction))
        self._context = plan.context

    def _ask(self, number: int, request: Any, may_grow: bool) -> None:
        last = request.messages[-1]
        said = len(last.text.split()) if last.role is Role.ASSISTANT else 0
        answer = _Answer(request, said)
        noted(self._log, f"asked {answer.asked}")
        if may_grow and answer.asked == "grow":
            self._say(number, NeedsContext(2 * self._context))
            return
        self._fours += answer.asked == "four"
        self._say(number, Prompt(3, 4096))
        self._answers[number] = answer

    def _prepare(self, number: int, request: Any) -> None:
        self._say(number, Prompt(3, 4096))
        self._answers[number] = _Answer(request, 0, ahead=True)

    def _stop(self, number: int) -> None:
        if (answer := self._answers.get(number)) and answer.asked != "deaf":
            noted(self._log, f"stopped {answer.asked}")
            while answer.asked == "stuck":
                time.sleep(60)
            answer.stopped = True

    def _speak(self, number: int, answer: _Answer) -> None:
        asked = answer.asked
        if asked == "four" and self._fours < 4:
            return
        if answer.ended:
            ended = StopReason.CANCELLED if answer.stopped else StopReason.END
            if not answer.ahead:
                self._say(number, Done(ended, STATS))
            self._say(number, None)
            del self._answers[number]
            return
        if answer.said == len(WORDS) // 2:
            self._fail(asked)
        if answer.ahead:
            self._say(number, Prefill(1, 2))
        else:
            self._say(number, pack(Delta(0, WORDS[answer.said % len(WORDS)])))
            answer.said += 1

    def _fail(self, asked: str) -> None:
        match asked:
            case "die":
                self._log.write_text("ggml.c:1: GGML_ASSERT(n > 0) failed\n")
                os.abort()
            case "hang":
                while True:
                    time.sleep(60)
            case "lose" if noted(self._log, "loses") == 1:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(LOST["CUDA"])
                os.abort()

    def _say(self, number: int, payload: object) -> None:
        self._connection.send((number, payload))


def talks(connection: Connection, log: Path) -> None:
    """Answer on the CPU."""
    Talker(connection, log).serve()


def talks_on_gpus(connection: Connection, log: Path) -> None:
    """Answer with GPUs."""
    Talker(connection, log, tuple(replace(card) for card in CARDS)).serve()
