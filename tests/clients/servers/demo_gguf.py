"""The demo model with a chat template in its file, as published files of gpt-oss have one."""

from __future__ import annotations

import struct
from pathlib import Path

from app.base.gguf import ALIGNMENT, STRING
from tests.clients.servers.demo_safetensors import DEMO

_KEY = b"tokenizer.chat_template"


def write(path: Path, template: str) -> None:
    """Write a copy of the model with a template in Jinja.

    It becomes the first entry of the header. A comment fills it up, so that all that follows stays
    aligned, and offsets, which count from the data, hold.
    """
    data = DEMO.read_bytes()
    fill = -(len(_entry(template)) + len("{##}")) % ALIGNMENT
    entry = _entry("{#" + " " * fill + "#}" + template)
    magic, version, tensors, entries = struct.unpack_from("<4sIQQ", data)
    head = struct.pack("<4sIQQ", magic, version, tensors, entries + 1)
    path.write_bytes(head + entry + data[len(head) :])


def _entry(template: str) -> bytes:
    text = template.encode()
    key = struct.pack("<Q", len(_KEY)) + _KEY
    return key + struct.pack("<IQ", STRING, len(text)) + text
