"""The rules of ``.gitignore`` and ``.ignore`` files, as git has them; git itself is never run.

Patterns become regular expressions that never look back further than they must, so that a folder of
a stranger cannot keep anybody busy with one of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

NAMES = (".gitignore", ".ignore")
"""The names of the files with rules; in one folder, the later ones count for more."""
LARGEST = 200_000
"""The bytes of such a file that are read."""

_MOST = 2000  # rules of a file
_LONGEST = 1000  # characters of a rule
_ANY = r"[^/]*"
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


class _Unmatchable(Exception):
    """A pattern that matches nothing."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Rules that follow each other and say the same, as one expression of each kind."""

    excludes: bool
    names: re.Pattern[str] | None
    folder_names: re.Pattern[str] | None
    paths: re.Pattern[str] | None
    folder_paths: re.Pattern[str] | None

    def matches(self, path: str, name: str, is_folder: bool) -> bool:
        """Return whether one of the rules means what has this path and name."""
        return bool(
            (self.names and self.names.fullmatch(name))
            or (self.paths and self.paths.fullmatch(path))
            or (is_folder and self.folder_names and self.folder_names.fullmatch(name))
            or (is_folder and self.folder_paths and self.folder_paths.fullmatch(path))
        )


@dataclass(frozen=True)
class IgnoreRules:
    """The rules that hold in a folder: its own, and those of the folders around it.

    ``folder`` is the path of the folder with the rules, within the root.
    """

    folder: str = ""
    runs: tuple[_Run, ...] = ()
    outer: IgnoreRules | None = field(default=None, repr=False)

    def inside(self, folder: str, texts: Iterable[str]) -> IgnoreRules:
        """Return the rules that hold in a folder with files of rules, of these texts."""
        runs = tuple(_runs("\n".join(texts)))
        return IgnoreRules(folder, runs, self) if runs else self

    def exclude(self, relative: str, *, is_folder: bool) -> bool:
        """Return whether a path is excluded; that of a folder around it is not looked at."""
        name = relative.rpartition("/")[2]
        rules: IgnoreRules | None = self
        while rules:
            path = relative[len(rules.folder) + 1 :] if rules.folder else relative
            for run in rules.runs:
                if run.matches(path, name, is_folder):
                    return run.excludes
            rules = rules.outer
        return False


def _runs(text: str) -> Iterator[_Run]:
    """Yield the rules of a text, the last ones first: the last that matches decides."""
    kinds: tuple[list[str], ...] = ([], [], [], [])
    sign: bool | None = None
    for line in reversed(text.removeprefix("\ufeff").split("\n")[:_MOST]):
        line = _trimmed(line.removesuffix("\r"))
        if not line or line.startswith("#") or len(line) > _LONGEST:
            continue
        excludes = not line.startswith("!")
        line = line if excludes else line[1:]
        only_folders = line.endswith("/") and not line.endswith("\\/")
        line = line.removesuffix("/") if only_folders else line
        has_path = "/" in line
        try:
            pattern = _path_pattern(line.removeprefix("/")) if line else ""
        except _Unmatchable:
            continue
        if not pattern:
            continue
        if sign is not None and sign != excludes:
            yield _run(sign, kinds)
            kinds = ([], [], [], [])
        sign = excludes
        kinds[2 * has_path + only_folders].append(pattern)
    if sign is not None:
        yield _run(sign, kinds)


def _run(excludes: bool, kinds: tuple[list[str], ...]) -> _Run:
    flags = re.DOTALL | (re.IGNORECASE if sys.platform in ("win32", "darwin") else 0)
    compiled = [re.compile("|".join(kind), flags) if kind else None for kind in kinds]
    return _Run(excludes, *compiled)


def _trimmed(line: str) -> str:
    """Remove spaces at the end, except escaped ones."""
    end = len(line)
    while end and line[end - 1] == " ":
        slashes = len(line[: end - 1]) - len(line[: end - 1].rstrip("\\"))
        if slashes % 2:
            break
        end -= 1
    return line[:end]


def _path_pattern(pattern: str) -> str:
    """Return the expression for a pattern, in which ``**`` stands for any number of folders."""
    made: list[str] = []
    parts = pattern.split("/")
    waiting: list[str] = []  # parts that follow "**", with their slashes
    anywhere = False
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        deep = len(part) > 1 and not part.strip("*")
        if deep and not is_last:
            if anywhere and waiting:
                made.append(f"(?>(?:[^/]+/)*?{''.join(waiting)})")
            else:
                made += waiting
            waiting, anywhere = [], True
        elif deep:
            waiting.append(".+")
        else:
            waiting.append(_part_pattern(part) + ("" if is_last else "/"))
    return "".join(made) + ("(?:[^/]+/)*?" if anywhere else "") + "".join(waiting)


def _part_pattern(part: str) -> str:
    """Return the expression for one part of a path."""
    fixed: list[list[str]] = [[]]  # what stands between stars
    at = 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "*":
            if fixed[-1] or len(fixed) == 1:
                fixed.append([])
        elif char == "?":
            fixed[-1].append("[^/]")
        elif char == "[":
            piece, at = _class(part, at)
            fixed[-1].append(piece)
        elif char == "\\":
            if at == len(part):
                raise _Unmatchable
            fixed[-1].append(re.escape(part[at]))
            at += 1
        else:
            fixed[-1].append(re.escape(char))
    first, *others = ("".join(each) for each in fixed)
    if not others:
        return first
    # The first place at which the middle ones fit is always as good as any later one.
    middle = "".join(f"(?>[^/]*?{each})" for each in others[:-1])
    return f"{first}{middle}{_ANY}{others[-1]}"


def _class(part: str, at: int) -> tuple[str, int]:
    """Return the expression for a class of characters that begins before ``at``, and its end."""
    negated = part[at : at + 1] in ("!", "^")
    at += negated
    pieces: list[str] = []
    begin = at
    while True:
        if at >= len(part):
            raise _Unmatchable
        char = part[at]
        if char == "]" and at > begin:
            break
        if char == "[" and part[at + 1 : at + 2] == ":":
            name, colon, _ = part[at + 2 :].partition(":]")
            if not colon or name not in _CLASSES:
                raise _Unmatchable
            pieces.append(_CLASSES[name])
            at += len(name) + 4
            continue
        first, at = _character(part, at)
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in ("", "]"):
            last, at = _character(part, at + 1)
            if first <= last:
                pieces.append(f"{re.escape(first)}-{re.escape(last)}")
        else:
            pieces.append(re.escape(first))
    if not pieces:
        return ("[^/]" if negated else "(?!)"), at + 1
    return f"(?!/)[{'^' if negated else ''}{''.join(pieces)}]", at + 1


def _character(part: str, at: int) -> tuple[str, int]:
    if part[at] == "\\":
        at += 1
        if at == len(part):
            raise _Unmatchable
    return part[at], at + 1
