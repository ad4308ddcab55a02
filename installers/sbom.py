"""The list of what is in a package, for machines: CycloneDX 1.6 in JSON.

What Fireside is made of is taken from ``licences.txt``, which says the same to people; beside it
stands the SHA-256 of each library, font and model among the package's files. Two builds of one
commit give the same list: its number follows from its content, its time is the commit's.

Format: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import REPOSITORY, __version__
from app.base.licences import Component

_HASHED = re.compile(r"(?i)\.(so|dll|pyd|dylib|exe|ttf|gguf)(\.[\d.]+)?$|/fireside(-app)?$|/Qt\w+$")
_ROOT = "fireside"  # how the list calls the whole


def content(components: Iterable[Component], frozen: Path) -> str:
    """Return the list for a folder with the frozen app made of ``components``, Fireside first."""
    own, *parts = components
    whole = _component(own) | {"type": "application", "bom-ref": _ROOT, "version": __version__}
    if REPOSITORY:
        whole["externalReferences"] = [
            {"type": "vcs", "url": f"https://github.com/{REPOSITORY}"},
        ]
    listed = [*map(_component, parts), *_files(frozen)]
    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": _moment(), "component": whole},
        "components": listed,
        "dependencies": [
            {"ref": _ROOT, "dependsOn": [each["bom-ref"] for each in listed]},
            *({"ref": each["bom-ref"]} for each in listed),
        ],
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True))
    return json.dumps(bom | {"serialNumber": f"urn:uuid:{number}"}, indent=1) + "\n"


def _component(component: Component) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "machine-learning-model" if "model" in component.name else "library",
        "bom-ref": f"part:{component.name}",
        "name": component.name,
        "licenses": [{"expression": component.licence}],
    }
    if component.version:
        told["version"] = component.version
    if component.source:
        told["externalReferences"] = [{"type": "source-distribution", "url": component.source}]
    if found := re.fullmatch(r"https://pypi\.org/project/([\w.-]+)/([\w.]+)/", component.source):
        told["purl"] = f"pkg:pypi/{re.sub(r'[-_.]+', '-', found[1]).lower()}@{found[2]}"
    elif component.name.startswith("Qt and"):
        told["purl"] = f"pkg:pypi/pyside6-essentials@{component.version}"
    elif component.name == "Python":
        told["purl"] = f"pkg:generic/python@{component.version}"
    return told


def _files(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the files that are more than text, by name."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and not file.is_symlink() and _HASHED.search(f"/{name}"):
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            yield {
                "type": "file",
                "bom-ref": f"file:{name}",
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }


def _moment() -> str:
    """Return the time of the commit that is built."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
