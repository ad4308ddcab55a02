"""What came before a call of Python on its path of a chat: cells and attached files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of the chat, as it is put into /mnt/data. ``digest`` identifies its content."""

    name: str
    content: bytes = field(compare=False, repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.content).hexdigest())


@dataclass(frozen=True, slots=True)
class Cell:
    """Code that was run."""

    code: str


@dataclass(frozen=True, slots=True)
class History:
    """What came before a call on its path: cells and files in their order."""

    chat: int | None
    events: tuple[Attached | Cell, ...] = ()

    @property
    def cells(self) -> int:
        """The number of cells."""
        return sum(isinstance(event, Cell) for event in self.events)

    def with_cell(self, code: str) -> History:
        """Return the history after one more cell."""
        return History(self.chat, (*self.events, Cell(code)))

    def key(self) -> str:
        """Return what identifies it up to its last cell; empty if there is none."""
        key = ""
        digest = hashlib.sha256(repr(self.chat).encode())
        for event in self.events:
            match event:
                case Attached():
                    name = event.name.encode("utf-8", "surrogatepass")
                    digest.update(b"\0file" + name + b"\0" + event.digest.encode("ascii"))
                case Cell(code):
                    digest.update(b"\0cell" + code.encode("utf-8", "surrogatepass"))
                    key = digest.hexdigest()
        return key
