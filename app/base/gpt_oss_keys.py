"""The keys in a gpt-oss's header, and the types that llama.cpp takes for their values.

Part of `app.base.gpt_oss`, which names the source.
"""

from __future__ import annotations

import math

from app.base import gguf
from app.base.errors import ModelDamaged, ModelForeign, ModelNewer
from app.base.gguf import ARRAY, BOOL, F32, I32, STRING, U16, U32, GgufHeader, Type

_ROPE_SCALING = {"none", "linear", "yarn", "longrope"}

# The types that llama.cpp accepts for a key, if the key is there.
_TYPES = {
    **dict.fromkeys(
        (
            "block_count", "context_length", "embedding_length", "embedding_length_out",
            "nextn_predict_layers", "expert_count", "expert_group_count",
            "expert_group_used_count", "rope.scaling.original_context_length",
            "attention.key_length", "attention.value_length", "rope.dimension_count",
            "attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa",
            "attention.sliding_window", "pooling_type",
        ),
        U32,
    ),
    **dict.fromkeys(
        (
            "attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.freq_base_swa",
            "rope.scaling.factor", "rope.scaling.attn_factor", "rope.scaling.alpha",
        ),
        F32,
    ),
    **dict.fromkeys(("attention.causal", "rope.scaling.finetuned"), BOOL),
    "rope.scaling.type": STRING,
}  # fmt: skip
_BY_LAYER = (
    "attention.head_count", "attention.head_count_kv", "feed_forward_length",
    "expert_used_count", "expert_feed_forward_length",
)  # fmt: skip
"""Keys whose value is one number for all layers, or a list with one for each layer."""
_GENERAL_TYPES = {
    "general.architecture": STRING,
    "general.name": STRING,
    "general.file_type": U32,
    "split.count": U16,
    "split.no": U16,
    "tokenizer.ggml.model": STRING,
    "tokenizer.ggml.pre": STRING,
    "tokenizer.ggml.token_type_count": U32,
    **dict.fromkeys(
        (
            f"tokenizer.ggml.{name}"
            for name in (
                "add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix",
                "remove_extra_whitespaces",
            )
        ),
        BOOL,
    ),
    **dict.fromkeys(
        (
            f"tokenizer.ggml.{name}_token_id"
            for name in (
                "bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "cls", "mask",
                "prefix", "suffix", "middle", "fim_pre", "fim_suf", "fim_mid", "fim_pad",
                "fim_rep", "fim_sep",
            )
        ),
        U32,
    ),
}  # fmt: skip


def key_of(name: str) -> str:
    """Return the key of a value that each architecture has by a name of its own."""
    return f"{gguf.ARCHITECTURE}.{name}"


def check_types(header: GgufHeader) -> None:
    """Check the types of the values, and those that only few may be.

    Raises ModelDamaged, ModelForeign and ModelNewer.
    """
    wanted = _GENERAL_TYPES | {key_of(name): kind for name, kind in _TYPES.items()}
    for key, found in header.types.items():
        if key in wanted and found != Type(wanted[key]):
            raise _wrong_type(header, key, wanted[key])
        if key in wanted and found.kind == F32 and not 0 <= header.metadata[key] < math.inf:
            raise ModelDamaged(header.path, f"{key} is {header.metadata[key]}")
    layers = header.number("block_count")
    for name in _BY_LAYER:
        found = header.types.get(key_of(name), Type(U32))
        listed = found.kind == ARRAY and found.item in (U32, I32) and found.items == layers
        if found != Type(U32) and not listed:
            raise _wrong_type(header, key_of(name), U32)
    epsilon = key_of("attention.layer_norm_rms_epsilon")
    if epsilon not in header.metadata:
        raise ModelForeign(header.path, f"key not found in model: {epsilon}")
    scaling = header.metadata.get(key_of("rope.scaling.type"), "linear")
    if scaling not in _ROPE_SCALING:
        raise ModelNewer(header.path, f"unknown rope scaling type: '{scaling}'")


def _wrong_type(header: GgufHeader, key: str, wanted: int) -> ModelDamaged:
    found = header.types[key].kind
    told = f"key {key} has wrong type {gguf.NAMES[found]} but expected type {gguf.NAMES[wanted]}"
    return ModelDamaged(header.path, told)
