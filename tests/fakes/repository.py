"""The hub's API description of a repository."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any


def told(
    name: str,
    commit: str,
    sizes: Mapping[str, int],
    about: Mapping[str, Any],
    blobs: bool,
    hashes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the API's answer for a repository.

    ``sizes``: of its files. ``hashes``: their sha256, by default one of the name. ``about``:
    ``architecture``, ``parameters``, ``downloads``, ``likes``, ``gated``, ``license``, ``updated``.
    ``blobs``: whether sizes are included.
    """
    license = about.get("license", "apache-2.0")
    architecture = about.get("architecture", "gpt-oss")
    files = {".gitattributes": 1519} | dict(sorted(sizes.items()))
    return {
        "_id": hashlib.sha1(name.encode()).hexdigest()[:24],
        "id": name,
        "modelId": name,
        "author": name.partition("/")[0],
        "sha": commit,
        "lastModified": about.get("updated", "2025-08-25T12:34:56.000Z"),
        "createdAt": "2025-08-05T17:00:00.000Z",
        "private": False,
        "gated": about.get("gated", False),
        "disabled": False,
        "downloads": about.get("downloads", 0),
        "likes": about.get("likes", 0),
        "pipeline_tag": "text-generation",
        "tags": ["gguf", f"license:{license}", "region:us"],
        "cardData": {"license": license, "pipeline_tag": "text-generation"},
        "siblings": [
            _sibling(file, size, blobs, (hashes or {}).get(file)) for file, size in files.items()
        ],
        "spaces": [],
        "usedStorage": sum(files.values()),
    } | ({"gguf": _gguf(architecture, about)} if architecture else {})


def _gguf(architecture: str, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "total": about.get("parameters", 20914757184),
        "architecture": architecture,
        "context_length": 131072,
        "chat_template": "{{ messages }}",
        "bos_token": "<|startoftext|>",
        "eos_token": "<|return|>",
    }


def _sibling(file: str, size: int, blobs: bool, hashed: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"rfilename": file}
    if blobs:
        told |= {"blobId": hashlib.sha1(file.encode(errors="replace")).hexdigest(), "size": size}
        if file.endswith(".gguf"):
            hashed = hashed or hashlib.sha256(file.encode(errors="replace")).hexdigest()
            told["lfs"] = {"sha256": hashed, "size": size, "pointerSize": 134}
    return told
