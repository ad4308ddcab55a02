"""What a peer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Peer:
    """A client of the server, and the program in ``programs/`` that has it ask.

    ``python`` are packages from PyPI, ``npm`` those from npm: a program in Python runs in the
    former's environment, one in JavaScript in the latter's folder. ``expected`` are checks that
    cannot pass, and why. ``arguments`` are the program's. It is ended after ``seconds``. ``needs``
    are variables of the environment that have to be set, and what they name.
    """

    name: str
    program: str
    python: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    seconds: int = 300
    needs: Mapping[str, str] = field(default_factory=dict)
    demo: bool = True
    """Whether the demo model, too, can be asked by it."""
