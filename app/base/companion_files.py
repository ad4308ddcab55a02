"""Recognise companion files: GGUF files beside a model that are not models themselves.

They are drafts for speculative decoding, projectors for pictures, importance matrices, adapters,
and vocabularies.
"""

from __future__ import annotations

import re
from functools import cache

from app.base import outside
from app.base.gguf import GgufHeader

# The names of llama.cpp's quantization types (llama-quantize), and others in use: UD- by unsloth,
# _L and _XL, MXFP4_MOE, and the types of ik_llama.cpp.
LABEL = re.compile(
    r"""(?<![a-z0-9]) (?:UD-)? (?:
        I?Q[1-9]_ (?: K(?:_(?:XXS|XS|S|M|L|XL|XXL))? | K[A-Z]{1,2} | NL | XXS | XS | S | M | L | XL
                    | [01](?:_[48]_[48])? )
        | TQ[12]_0 | (?:MX|NV)FP4(?:_MOE)? | BF16 | FP?16 | FP?32
    ) (?![a-z0-9])""",
    re.IGNORECASE | re.VERBOSE,
)
"""A pattern for the quantization in a file's name."""

_IMATRIX = re.compile(r"(?<![a-z0-9])imatrix(?![a-z0-9])", re.IGNORECASE)
_BEGINS_WITH_IMATRIX = re.compile(r"(?:\A|/)imatrix[^/]*\Z", re.IGNORECASE)


@cache
def architectures() -> frozenset[str]:
    """Return the values of ``general.architecture`` that companion files have."""
    return frozenset(outside.value("companion_files")["architectures"])


@cache
def _words() -> re.Pattern[str]:
    """Return a pattern for whole words in the names of files or folders: "mtp" is not in "Smtp"."""
    words = "|".join(outside.value("companion_files")["words"])
    return re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", re.IGNORECASE)


def is_companion_name(path: str) -> bool:
    """Return whether a path has the name of a companion file."""
    if _words().search(path) or _BEGINS_WITH_IMATRIX.search(path):
        return True
    # A name that also has a quantization is a model that was quantized with a matrix.
    return bool(_IMATRIX.search(path)) and not LABEL.search(path)


def kind(header: GgufHeader) -> str:
    """Return the kind of companion file by its header; empty for a model."""
    # "mmproj", "adapter", "imatrix" (gguf-py: GGUFType).
    general_type = header.metadata.get("general.type", "model")
    if general_type != "model":
        return str(general_type)
    return header.architecture if header.architecture in architectures() else ""
