"""Small GGUF files: a header that says what a test wants, and weights of zeros."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path


def gguf_bytes(
    architecture: str = "gpt-oss",
    tensors: Sequence[str] = ("blk.0.attn_output.weight",),
    **general: str,
) -> bytes:
    """A whole file, where each tensor is eight zeros; ``general`` has keys such as ``type``."""

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text.encode())) + text.encode()

    entries = {"architecture": architecture, **general}
    metadata = b"".join(
        string(f"general.{key}") + struct.pack("<I", 8) + string(value)
        for key, value in entries.items()
    )
    directory = b"".join(
        string(name) + struct.pack("<IQIQ", 1, 8, 0, 32 * n) for n, name in enumerate(tensors)
    )
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + metadata + directory
    return head + bytes(-len(head) % 32 + 32 * len(tensors))


def write_header(path: Path, architecture: str = "gpt-oss", **general: str) -> Path:
    """Such a file at ``path``, whose folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf_bytes(architecture, **general))
    return path
