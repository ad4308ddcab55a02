"""What the set-up knows of its last run."""

from __future__ import annotations

import json
from typing import NamedTuple

from installers import places


class State(NamedTuple):
    """What `.venv` was set up for; kept in it, so that the next run knows.

    ``gpu`` is what the person wants for GPUs: "auto", "none", or libraries as `--gpu` names them.
    ``seen`` tells the cards and drivers that were there when ``libraries`` were chosen.
    """

    stamp: str
    dev: bool
    cmake_args: str
    gpu: str = "auto"
    seen: str = ""
    libraries: str = ""

    @classmethod
    def load(cls) -> State | None:
        try:
            return cls(**json.loads(places.STATE.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self) -> None:
        part = places.STATE.with_suffix(".part")
        part.write_text(json.dumps(self._asdict()), "utf-8")
        part.replace(places.STATE)

    def covers(self, wanted: State) -> bool:
        """Return whether this does for what is wanted.

        More packages do, and so does any way of compiling, unless one is asked for.
        """
        return (
            self.stamp == wanted.stamp
            and self.dev >= wanted.dev
            and wanted.cmake_args in ("", self.cmake_args)
        )
