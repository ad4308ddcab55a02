"""Whether a window can be opened on Linux, found out before Qt is: Qt aborts the process if not.

The command that installs a missing library is that of the distribution, by os-release(5).
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from app.base import log, outside
from app.base.errors import StoreReadOnly
from app.base.settings import Folders
from app.wording.language import tr

_QT = "PySide6"  # only looked for, not imported
_PLUGINS = {"xcb": "libqxcb.so", "wayland": "libqwayland.so"}
_NETWORK = "lib/libQt6Network.so.6"
_MISSING = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_LDD_S = 20.0
_TYPED = str.maketrans("’“”„", '\'"""')  # xmessage has no others


def problem() -> str:
    """Return why Qt could not open a window, and what helps; empty if it can."""
    wanted = _platforms()
    reasons = []
    for name in wanted:
        reason = _cannot_open(name) or _cannot_load(_PLUGINS[name])
        if not reason:
            return ""
        reasons.append(reason)
    return reasons[0] if reasons else ""


def missing_library(error: ImportError | OSError) -> str:
    """Return the sentence for a library that was not found, empty if that is not the reason."""
    # A frozen app raises an error of its own from that of the system.
    if found := _MISSING.search(f"{error} {error.__cause__}"):
        return _install_sentence([found[1], *_missing_for_qt()])
    return ""


def tell_without_terminal(sentence: str, data_dir: Path | None) -> None:
    """Leave a trace where nobody reads stderr: in the log, and in a dialog of another program."""
    with suppress(StoreReadOnly):
        log.append(Folders.find(data_dir).data, sentence)
    if sys.stderr.isatty() or not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY"))):
        return
    for program, *arguments in (
        ("zenity", "--error", "--no-markup", f"--text={sentence}"),
        ("kdialog", "--error", sentence),
        ("notify-send", "Fireside", sentence),
        ("xmessage", "-center", textwrap.fill(sentence.translate(_TYPED), 72)),
    ):
        if path := shutil.which(program):
            with suppress(OSError):
                subprocess.Popen(
                    [path, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                return


def _platforms() -> list[str]:
    """Return the platforms that Qt will try, in order; none if they need no display."""
    if chosen := os.environ.get("QT_QPA_PLATFORM"):
        names = [name.partition(":")[0] for name in chosen.split(";")]
        return names if all(name in _PLUGINS for name in names) else []
    wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
    x11 = os.environ.get("DISPLAY")
    return [*(["wayland"] if wayland else []), *(["xcb"] if x11 or not wayland else [])]


# --- Displays -------------------------------------------------------------------------------------


def _cannot_open(name: str) -> str:
    """Return why a display cannot be opened; empty if it can, or if that is unknown."""
    if name == "wayland":
        variable, display = "WAYLAND_DISPLAY", os.environ.get("WAYLAND_DISPLAY") or "wayland-0"
        opens = _wayland_opens(display)
    else:
        variable, display = "DISPLAY", os.environ.get("DISPLAY", "")
        try:
            opens = _x11_opens()
        except OSError as error:
            return missing_library(error)
    if opens:
        return ""
    return tr(
        "Can’t open display {display}. Check {variable}, or run {command} in a terminal."
    ).format(display=display, variable=variable, command='`fireside ask "…"`')


def _x11_opens() -> bool:
    """Return whether the X server of DISPLAY takes a connection. Raises OSError without libxcb."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_opens(display: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / display
    if os.environ.get("WAYLAND_SOCKET"):  # a connection that was handed on
        return True
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


# --- Libraries ------------------------------------------------------------------------------------


def _cannot_load(plugin: str) -> str:
    """Return which libraries Qt needs and this system lacks; empty for none."""
    # The window asks QtNetwork for a second Fireside when it is already there.
    for path in _qt_files(f"plugins/platforms/{plugin}", _NETWORK):
        try:
            ctypes.CDLL(str(path))
        except OSError as error:
            reason = missing_library(error)
            return reason or tr("Couldn’t open the Fireside window ({reason}).").format(
                reason=error.__cause__ or error
            )
    return ""


def _qt_files(*patterns: str) -> Iterator[Path]:
    """Yield the files of Qt, where it is that of the Python package, not the system's."""
    spec = importlib.util.find_spec(_QT)
    for folder in (spec and spec.submodule_search_locations) or ():
        for pattern in patterns:
            yield from sorted((Path(folder) / "Qt").glob(pattern))


def _missing_for_qt() -> Iterator[str]:
    """Yield all libraries that are missing, so that they can be installed at once."""
    libraries = ("lib/libQt6Gui.so.6", "lib/libQt6Widgets.so.6", _NETWORK)
    files = [*_qt_files("plugins/platforms/libqxcb.so", *libraries)]
    own = getattr(sys, "_MEIPASS", "")  # a frozen app brings some along
    environment = os.environ | ({"LD_LIBRARY_PATH": own} if own else {})
    with suppress(OSError, subprocess.TimeoutExpired):
        if files:
            ran = subprocess.run(
                ["ldd", *files],
                env=environment,
                capture_output=True,
                text=True,
                timeout=_LDD_S,
                check=False,
            )
            yield from _NOT_FOUND.findall(ran.stdout)


def _install_sentence(libraries: Iterable[str]) -> str:
    names = list(dict.fromkeys(libraries))
    said = tr("Missing system libraries: {libraries}.").format(libraries=", ".join(names))
    if command := install_command(names, _distribution()):
        how = tr("To install them, run: {command}").format(command=command)
    else:
        how = tr("Install them with your system’s package manager.")
    return f"{said} {how}"


def _distribution() -> set[str]:
    """Return the identifiers of the distribution, and of those that it is like."""
    with suppress(OSError):
        found = platform.freedesktop_os_release()
        return {found.get("ID", ""), *found.get("ID_LIKE", "").split()}
    return set()


def install_command(libraries: Iterable[str], distribution: set[str]) -> str:
    """Return the command that installs libraries; empty if it is not known."""
    known = outside.value("system_libraries")
    for family, facts in known.items():
        if distribution & {family, *facts["like"]}:
            packages = facts.get("packages")
            names = [packages.get(name) if packages else f"'{name}()(64bit)'" for name in libraries]
            if None not in names:
                return " ".join((facts["command"], *dict.fromkeys(names)))
    return ""
