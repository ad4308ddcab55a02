"""What the operating system has to provide, and how to install it."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import sys

from installers.terminal import SetupError, run_logged

# What Qt is linked against and does not bring along, by the package that Debian has it in.
LIBRARIES = {
    "libdbus-1.so.3": "libdbus-1-3",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries() -> list[str]:
    return [name for name in LIBRARIES if not loads(name)] if sys.platform == "linux" else []


def missing_venv() -> list[str]:
    """Return the package that this Python lacks for making virtual environments.

    Debian has that part of Python in a package of its own.
    """
    if importlib.util.find_spec("ensurepip"):
        return []
    return ["python{}.{}-venv".format(*sys.version_info)]


def how_to_install(manager: str, libraries: list[str], packages: list[str]) -> str:
    """Return a sentence for a person who may install system packages."""
    commands = {
        "apt-get": f"sudo apt-get install {' '.join(packages)}",
        "dnf": f"sudo dnf install {' '.join(map(dnf_name, libraries))}",
    }
    if manager in commands:
        return f"To install missing system packages, run: {commands[manager]}"
    return f"Install the system packages that provide {', '.join(libraries)}."


def dnf_name(library: str) -> str:
    """Return a library's name as dnf finds its package by."""
    return f"'{library}()(64bit)'"


def manager() -> str:
    """Return the system's package manager, or ""."""
    return next(filter(shutil.which, ("apt-get", "dnf")), "")


def install_packages(packages: list[str]) -> bool:
    """Install packages of Debian or Ubuntu if this is root; return whether they are there now."""
    if sys.platform != "linux" or manager() != "apt-get" or os.geteuid() != 0:
        return False
    print(f"  Installing system packages: {' '.join(packages)}", flush=True)
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    try:
        run_logged("Reading package lists", [*apt, "update"])
        run_logged("Installing", install, DEBIAN_FRONTEND="noninteractive")
    except SetupError as error:
        print(error, flush=True)
        return False
    return True


def install_libraries(libraries: list[str], others: list[str]) -> None:
    """Install what the system lacks where that is allowed, else say how and go on."""
    packages = others + [LIBRARIES[name] for name in libraries]
    if not packages or install_packages(packages):
        return
    print(f"  {how_to_install(manager(), libraries, packages)}", flush=True)
    if others:
        raise SetupError("Setup can't continue without them.")
    print("  Continuing, but the window won't open until they are installed.", flush=True)
