"""The one thing to do about a GPU that is not used, or not used well."""

from __future__ import annotations

from app.base.graphics_advice import Problem, advice, backend
from app.engine.probe import Examined
from app.wording.gpu_trouble import unused_sentence
from app.wording.graphics import to_build, told

_WELL = (Problem.INTEGRATED_IDLE, Problem.BOTH_USED)  # how it should be; the report tells them


def gpu_hint(examined: Examined) -> list[str]:
    """Return a sentence, and if there is one, the command to run.

    Nothing if all is well; the sidebar tells about a GPU library that is being compiled.
    """
    found = examined.graphics
    well = _WELL if found.pci else (*_WELL, Problem.SOFTWARE)  # which is all that it can have
    for each in advice(found):
        if each.problem not in well:
            return told(each)
    if examined.build:
        return []
    for unused in examined.machine.devices.unused:
        return [unused_sentence(unused)]
    choice = backend(found)
    built_in = choice.backend.upper() in map(str.upper, examined.machine.devices.backends)
    return to_build(choice) if choice.backend and not built_in else []
