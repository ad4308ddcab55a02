"""Check that the weights of a model were ever written, which its header does not show."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from app.base.errors import ModelDamaged, ModelTruncated, ModelUnreadable
from app.base.gguf import GgufHeader, Tensor

_F32 = 0  # of enum ggml_type
_CHECKED = 16  # the first weights of a tensor


def check(headers: Sequence[GgufHeader]) -> None:
    """Check the first weights of each norm of a gpt-oss, given the headers of its parts.

    In a file that was preallocated for a download and never filled they are all zero, as in no real
    model; each layer has two or three norms. Raises ModelDamaged, ModelTruncated, ModelUnreadable.
    """
    for header in headers:
        path = header.path
        try:
            with path.open("rb", buffering=0) as file:
                for tensor in header.tensors:
                    if tensor.name.endswith("norm.weight") and tensor.type == _F32:
                        _check_norm(path, file, header.data_offset, tensor)
        except OSError as error:
            raise ModelUnreadable(path, error.strerror or str(error)) from error
        except struct.error:  # it was truncated meanwhile
            raise ModelTruncated(path, header.file_size - 1, header.file_size) from None


def _check_norm(path: Path, file: BinaryIO, start: int, tensor: Tensor) -> None:
    count = min(_CHECKED, tensor.size // 4)
    file.seek(start + tensor.offset)
    found = struct.unpack(f"<{count}f", file.read(4 * count))
    if not any(found):
        raise ModelDamaged(path, f"tensor '{tensor.name}' begins with zeros only")
    if not all(map(math.isfinite, found)):
        raise ModelDamaged(path, f"tensor '{tensor.name}' has weights that are not numbers")
