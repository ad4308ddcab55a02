"""Explanations of errors about Python in its sandbox."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import duration, gigabytes


def python_sentence(error: e.PythonError) -> str:
    match error:
        case e.PythonMissing():
            return tr("This installation has no Python. Install Fireside again to get it.")
        case e.PythonPreparing():
            return tr("Python is being prepared. Try again in about {time}.").format(
                time=duration(error.seconds)
            )
        case e.PythonNeedsMemory():
            return tr(
                "Not enough memory to prepare Python: {needed} needed, {available} free. Close "
                "other programs or unload the model, then try again."
            ).format(needed=gigabytes(error.needed), available=gigabytes(error.available))
        case e.PythonNeedsRoom():
            return tr(
                "Not enough disk space to prepare Python: {needed} needed, {free} free in {path}. "
                "Free up some space to continue."
            ).format(needed=gigabytes(error.needed), free=gigabytes(error.free), path=error.path)
    return tr("Python couldn’t be prepared. Restart Fireside, or install it again.")
