"""What lies beside a model, and is none: a draft for speculative decoding, a projector for
pictures, an importance matrix, an adapter, a vocabulary."""

from __future__ import annotations

import re
from functools import cache

from app.base import outside
from app.base.gguf import GgufHeader

# What llama.cpp calls its types (llama-quantize), and what is usual beside that: UD- by unsloth,
# _L and _XL, MXFP4_MOE, and the types of ik_llama.cpp.
LABEL = re.compile(
    r"""(?<![a-z0-9]) (?:UD-)? (?:
        I?Q[1-9]_ (?: K(?:_(?:XXS|XS|S|M|L|XL|XXL))? | K[A-Z]{1,2} | NL | XXS | XS | S | M | L | XL
                    | [01](?:_[48]_[48])? )
        | TQ[12]_0 | (?:MX|NV)FP4(?:_MOE)? | BF16 | FP?16 | FP?32
    ) (?![a-z0-9])""",
    re.IGNORECASE | re.VERBOSE,
)
"""The quantization in a file's name."""

_IMATRIX = re.compile(r"(?<![a-z0-9])imatrix(?![a-z0-9])", re.IGNORECASE)
_BEGINS_WITH_IT = re.compile(r"(?:\A|/)imatrix[^/]*\Z", re.IGNORECASE)


@cache
def architectures() -> frozenset[str]:
    """``general.architecture`` of such files."""
    return frozenset(outside.value("beside")["architectures"])


@cache
def _words() -> re.Pattern[str]:
    """As a word of its own, of a folder, too: "Smtp" is none."""
    words = "|".join(outside.value("beside")["words"])
    return re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", re.IGNORECASE)


def named(path: str) -> bool:
    """Whether a file is called like one, folders included."""
    if _words().search(path) or _BEGINS_WITH_IT.search(path):
        return True
    # With a quantization, it is a model that was made with a matrix.
    return bool(_IMATRIX.search(path)) and not LABEL.search(path)


def told(header: GgufHeader) -> str:
    """What a file's own header says it is, where that is no model; else nothing."""
    # "mmproj", "adapter", "imatrix" (gguf-py: GGUFType).
    kind = header.metadata.get("general.type", "model")
    if kind != "model":
        return str(kind)
    return header.architecture if header.architecture in architectures() else ""
