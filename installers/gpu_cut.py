"""Cuts ggml's CUDA library to what gpt-oss needs: half of its files, two thirds of the time.

What is left out cannot be reached. The library's door is our own (`gpu/cuda_gate.cpp`): it says of
every operation, kind of weights and size of attention heads that is not compiled that the card does
not support it, so llama.cpp does it on the CPU, and it does not list cards of another architecture.
Another kind of weights is another line in `WEIGHTS`; another operation one in `OPERATIONS`, and its
file's name is taken out of `UNUSED`.

Only for compilers and linkers like GNU's. Elsewhere the library is compiled whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

WEIGHTS = (
    "mxfp4",
    "q8_0",
    "q4_0",
    "q4_1",
    "q5_0",
    "q5_1",
    "q4_k",
    "q5_k",
    "q6_k",
    "iq4_nl",
    "iq4_xs",
    "q2_k",
    "q3_k",
)
"""The kinds of weights that can be multiplied, beside unquantized ones."""

OPERATIONS = (
    *("ACC", "ADD", "ADD1", "ADD_ID", "ARANGE", "ARGMAX", "ARGSORT", "CLAMP", "CONCAT", "CONT"),
    *("CPY", "CUMSUM", "DIV", "DUP", "FILL", "FLASH_ATTN_EXT", "GET_ROWS", "GLU", "L2_NORM"),
    *("LEAKY_RELU", "LOG", "MUL", "MUL_MAT", "MUL_MAT_ID", "NONE", "NORM", "PAD", "PERMUTE"),
    *("REPEAT", "RESHAPE", "RMS_NORM", "ROPE", "SCALE", "SET", "SET_ROWS", "SOFT_MAX", "SQR"),
    *("SQRT", "SUB", "SUM", "SUM_ROWS", "TOP_K", "TRANSPOSE", "UNARY", "VIEW"),
)
"""The operations of gpt-oss's graph, of the samplers, and others that cost little."""

HEAD = 64
"""The size of attention heads."""

UNUSED = (
    *("col2im-1d", "conv-transpose-1d", "conv2d", "conv2d-dw", "conv2d-transpose", "conv3d"),
    *("count-equal", "cross-entropy-loss", "diag", "diagmask", "dsv4-hc", "fattn-tile"),
    *("gated_delta_net", "gla", "im2col", "lightning-indexer", "mean", "opt-step-adamw"),
    *("opt-step-sgd", "out-prod", "pad_reflect_1d", "pool1d", "pool2d", "roll", "snake"),
    *("solve_tri", "ssm-conv", "ssm-scan", "tri", "tsembd", "upscale", "wkv"),
)
"""Files with other operations only, and with attention for cards before Turing."""


def is_needed(name: str) -> bool:
    """Return whether a CUDA file is needed, by its name without ending."""
    if name in UNUSED or name.startswith(("fattn-tile-instance", "fattn-mma-f16-instance")):
        return False
    kind = name.removeprefix("mmq-instance-")
    return kind == name or kind in WEIGHTS


def cut(ggml: Path, gpu: Path) -> int:
    """Take from ggml's source what is not needed; return how many CUDA files are left.

    ``gpu`` has `cuda.cmake`, which adds what `write_parts` makes.
    """
    folder = ggml / "src" / "ggml-cuda"
    left = 0
    for file in folder.rglob("*.cu"):
        if is_needed(file.stem):
            left += 1
        else:
            file.unlink()
    with (folder / "CMakeLists.txt").open("a", encoding="utf-8") as lists:
        lists.write(f'\ninclude("{(gpu / "cuda.cmake").as_posix()}")\n')
    return left


def write_parts(folder: Path, architectures: Iterable[str]) -> None:
    """Write what is compiled instead: attention for one size of heads, and the door's lists."""
    folder.mkdir(parents=True, exist_ok=True)
    for queries in (1, 2, 4, 8):  # of one head of keys; and every number of columns
        cases = "\n".join(
            f"DECL_FATTN_MMA_F16_CASE({HEAD}, {HEAD}, {columns // queries}, {queries});"
            for columns in (8, 16, 32, 64)
        )
        _write(folder / f"attention-{queries}.cu", f'#include "fattn-mma-f16.cuh"\n{cases}\n')
    weights = ", ".join(f"GGML_TYPE_{kind.upper()}" for kind in WEIGHTS)
    operations = ", ".join(f"GGML_OP_{name}" for name in OPERATIONS)
    numbers = ", ".join(re.sub(r"\D", "", one) for one in architectures)
    _write(
        folder / "cuda_gate.h",
        f"#define HEAD {HEAD}\n#define WEIGHTS {weights}\n#define OPERATIONS {operations}\n"
        f"#define ARCHITECTURES {numbers}\n",
    )


def _write(file: Path, text: str) -> None:
    """Write a file unless it says so already, so that it is not compiled once more."""
    if not file.exists() or file.read_text("utf-8") != text:
        file.write_text(text, "utf-8")
