"""Check whether a GGUF file is a gpt-oss that llama.cpp runs.

The list of models, the command line, the plan and the loader all use this check, so they agree.

The rules are those of llama.cpp 0c1e57098 (llama-cpp-python 0.3.36, read 2026-11-29):
src/models/openai-moe.cpp, llama-model.cpp (load_hparams, load_tensors, create_tensor_qkv),
llama-model-loader.cpp, llama-vocab.cpp (load), llama-hparams.h; tests/e2e/test_refused.py compares
them with llama.cpp's behaviour. Three rules are Fireside's own: a context and a window have at
least one token, each token has a type, and no number is NaN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.base import companion_files, gguf, weights_check
from app.base.errors import (
    ModelDamaged,
    ModelError,
    ModelForeign,
    ModelForOllama,
    ModelNewer,
    ModelRenamed,
    NoModel,
    UnsupportedArchitecture,
)
from app.base.gguf import I32, STRING, GgufHeader, Tensor
from app.base.gpt_oss_keys import check_types, key_of

_MOST_LAYERS, _MOST_EXPERTS = 512, 1024  # LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS
_MOST = (1 << 32) - 1
# Ollama's own conversion of gpt-oss; since 2026 Ollama itself renames these tensors at each load.
_OLLAMA_ARCHITECTURE = "gptoss"
_OLLAMA_TENSORS = re.compile(r"blk\.\d+\.(attn_out\.(weight|bias)|attn_sinks|ffn_norm\.weight)\Z")

_NO_WEIGHTS = {9, 15, 24, 25, 26, 27, 28}  # Q8_1, Q8_K, integers, F64
_PLAIN = 0  # F32, for all but matrices; llama.cpp aborts on other types
_PRE_TOKENIZERS = {
    "a.x-4.0", "afmoe", "bailingmoe", "bailingmoe2", "bloom", "chameleon", "chatglm-bpe",
    "codeshell", "cohere2moe", "command-r", "dbrx", "deepseek-coder", "deepseek-llm",
    "deepseek-r1-qwen", "deepseek-v3", "default", "exaone", "exaone-moe", "exaone4", "f2llmv2",
    "falcon", "falcon-h1", "falcon3", "gemma4", "gigachat", "glm4", "glm5", "gpt-2", "gpt-4o",
    "gpt3-finnish", "granite-docling", "granite-embed-multi-311m", "granite-embed-multi-97m",
    "grok-2", "hunyuan", "hunyuan-dense", "hy_v4", "jais", "jais-2", "jina-de", "jina-es",
    "jina-v1-en", "jina-v2-code", "jina-v2-de", "jina-v2-es", "jina-v5-nano", "joyai-llm",
    "kanana2", "kimi-k2", "kormo", "laguna", "lfm2", "llada-moe", "llama-bpe", "llama-v3",
    "llama3", "llama4", "megrez", "mellum", "mellum2", "midm-2.0", "minerva-7b", "minicpm5",
    "minimax-m2", "modern-bert", "mpt", "olmo", "phi-2", "pixtral", "poro-chat", "qwen2",
    "qwen35", "refact", "roberta-bpe", "sarvam-moe", "seed-coder", "smaug-bpe", "smollm",
    "solar-open", "spark2_5", "stablelm2", "starcoder", "superbpe", "talkie", "tekken",
    "tiny_aya", "trillion", "ufakzeka", "viking", "whitespace", "youtu",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a gpt-oss, each within llama.cpp's limits.

    ``width`` is that of the embedding, ``head`` that of an attention head, ``expert_width`` that of
    an expert's inner layer; ``chosen`` of the ``experts`` are used for a token; ``window`` and
    ``context`` in tokens.
    """

    layers: int
    context: int
    width: int
    heads: int
    kv_heads: int
    head: int
    experts: int
    chosen: int
    expert_width: int
    window: int


def parts(path: Path) -> list[Path]:
    """Return the files of the model that ``path`` belongs to, whether they exist or not.

    The number of parts is taken from the header or, if that cannot be read, from the file's name.
    """
    named = gguf.part_count(path.stem)
    if not named:
        return [path]
    try:
        count = _split(gguf.read(path))
    except ModelError:
        count = named
    return gguf.numbered(path, count) if count == named else [path]


def model(path: Path) -> GgufHeader:
    """Return what `read` does for all parts of the model that ``path`` belongs to."""
    return read(parts(path))


def read(files: Sequence[Path]) -> GgufHeader:
    """Return the header of the gpt-oss in ``files``, its parts in their order; see `check`.

    Raises ModelError if llama.cpp cannot run it, or if its weights were never written.
    """
    headers = [gguf.read(file) for file in files]
    whole = check(headers)
    weights_check.check(headers)
    return whole


def check(headers: Sequence[GgufHeader]) -> GgufHeader:
    """Return the first of a model's headers, with the tensors of all its parts.

    Raises ModelError if llama.cpp cannot run it.
    """
    first = headers[0]
    _check_architecture(first)
    if _split(first) > 1:
        _check_parts(headers)
    if not any(header.tensors for header in headers):
        raise UnsupportedArchitecture(first.path, "vocabulary only")  # llama.cpp: ggml-vocab-*
    whole = replace(first, tensors=tuple(t for header in headers for t in header.tensors))
    check_types(whole)
    found = shape(whole)
    _check_vocabulary(whole)
    _check_tensors(whole, found)
    for header in headers:
        _check_places(header)
    return whole


def shape(header: GgufHeader) -> Shape:
    """Return the dimensions in ``header``, checked.

    Raises ModelForeign if one is missing, and ModelDamaged if one is impossible.
    """
    layers = _number(header, "block_count", _MOST_LAYERS)
    width = _number(header, "embedding_length")
    heads = _number(header, "attention.head_count", layers=layers)
    head = _number(header, "attention.key_length", default=width // heads or None)
    experts = _number(header, "expert_count", _MOST_EXPERTS)
    usual = {"attention.value_length": width // heads, "rope.dimension_count": head}
    for name, default in usual.items():
        if _number(header, name, default=default) != head:
            raise ModelDamaged(header.path, f"{key_of(name)} is not {head}")
    for name in ("nextn_predict_layers", "expert_group_count"):
        if header.number(name):
            raise ModelDamaged(header.path, f"{key_of(name)} is {header.number(name)}")
    kv_heads = _number(header, "attention.head_count_kv", heads, default=heads, layers=layers)
    if heads % kv_heads:
        raise ModelDamaged(header.path, f"{heads} heads for {kv_heads} of keys and values")
    return Shape(
        layers=layers,
        context=_number(header, "context_length"),
        width=width,
        heads=heads,
        kv_heads=kv_heads,
        head=head,
        experts=experts,
        chosen=_number(header, "expert_used_count", experts, layers=layers),
        expert_width=_number(header, "expert_feed_forward_length", layers=layers),
        window=_number(header, "attention.sliding_window"),
    )


def _number(
    header: GgufHeader,
    name: str,
    most: int = _MOST,
    *,
    default: int | None = None,
    layers: int = 0,
) -> int:
    """Return a positive number of the header.

    If it may be a list with one number for each of ``layers``, all must be the same.
    """
    key = key_of(name)
    value = header.metadata.get(key, default)
    if value is None:
        raise ModelForeign(header.path, f"key not found in model: {key}")
    if layers and isinstance(value, list) and len(value) == layers and len(set(value)) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ModelDamaged(header.path, f"{key} is {str(value)[:40]}")
    return value


def _split(header: GgufHeader) -> int:
    """Return the number of parts according to a header; 1 if it has none."""
    count = header.metadata.get("split.count", 0)
    return count if isinstance(count, int) and 1 < count <= gguf.MOST_PARTS else 1


def _check_architecture(header: GgufHeader) -> None:
    if kind := companion_files.kind(header):
        raise NoModel(header.path, kind)
    if header.architecture == _OLLAMA_ARCHITECTURE:
        raise ModelForOllama(header.path, f"unknown model architecture: '{_OLLAMA_ARCHITECTURE}'")
    if header.architecture != gguf.ARCHITECTURE:
        raise UnsupportedArchitecture(header.path, header.architecture)


def _check_parts(headers: Sequence[GgufHeader]) -> None:
    first = headers[0]
    count = _split(first)
    if len(headers) != count or first.path.suffix != ".gguf":
        raise ModelRenamed(first.path, count)
    for number, header in enumerate(headers):
        if header.metadata.get("split.no") != number:
            raise ModelDamaged(header.path, f"not labelled as part {number + 1}")
    told = first.metadata.get("split.tensors.count")
    names = [tensor.name for header in headers for tensor in header.tensors]
    if told != len(names) or len(set(names)) != len(names):
        raise ModelDamaged(first.path, f"{told} tensors expected but {len(set(names))} found")


def _check_vocabulary(header: GgufHeader) -> None:
    found, types = header.metadata, header.types
    if "tokenizer.ggml.model" not in found:
        raise ModelForeign(header.path, "key not found in model: tokenizer.ggml.model")
    if found["tokenizer.ggml.model"] != "gpt2":
        raise ModelForeign(header.path, f"unknown tokenizer: '{found['tokenizer.ggml.model']}'")
    pre = found.get("tokenizer.ggml.pre", "")
    if pre and pre not in _PRE_TOKENIZERS:
        raise ModelNewer(header.path, f"unknown pre-tokenizer type: '{pre}'")
    for name, item in (("tokens", STRING), ("merges", STRING), ("token_type", I32)):
        key = f"tokenizer.ggml.{name}"
        if key not in found:
            raise ModelForeign(header.path, f"key not found in model: {key}")
        if types[key].item != item:
            raise ModelDamaged(header.path, f"invalid gguf type for {key}")
    count = types["tokenizer.ggml.tokens"].items
    if types["tokenizer.ggml.token_type"].items != count or not count:
        raise ModelDamaged(header.path, f"{count} tokens, but a different number of token types")


def _check_tensors(header: GgufHeader, found: Shape) -> None:
    """Check that all tensors are there with the right shapes, and no others."""
    there = {tensor.name: tensor for tensor in header.tensors}
    vocabulary = header.types["tokenizer.ggml.tokens"].items
    for name, wanted, required in _wanted(found, vocabulary, there):
        tensor = there.pop(name, None)
        if tensor is None:
            if required:
                _refuse_missing(header, name)
            continue
        if _padded(tensor.shape) != _padded(wanted):
            raise ModelForeign(
                header.path,
                f"tensor '{name}' has wrong shape; expected {[*wanted]}, got {[*tensor.shape]}",
            )
        _check_type(header, tensor)
    for tensor in there.values():
        _check_type(header, tensor)
        raise ModelNewer(header.path, f"tensor '{tensor.name}' has no place in gpt-oss")


def _refuse_missing(header: GgufHeader, name: str) -> None:
    detail = f"tensor '{name}' not found"
    if any(_OLLAMA_TENSORS.match(tensor.name) for tensor in header.tensors):
        raise ModelForOllama(header.path, detail)
    raise ModelForeign(header.path, detail)


def _check_type(header: GgufHeader, tensor: Tensor) -> None:
    matrix = tensor.name.endswith(".weight") and len(tensor.shape) > 1
    if tensor.type >= gguf.TYPES:
        raise ModelNewer(header.path, f"tensor '{tensor.name}' has type {tensor.type}")
    known = tensor.type in gguf.BLOCKS and tensor.type not in _NO_WEIGHTS
    if not known or (not matrix and tensor.type != _PLAIN):
        raise ModelDamaged(header.path, f"tensor '{tensor.name}' has type {tensor.type}")


def _check_places(header: GgufHeader) -> None:
    """Check that the tensors follow each other without a gap."""
    alignment = header.metadata.get("general.alignment", gguf.ALIGNMENT)
    expected = 0
    for tensor in header.tensors:
        if tensor.offset != expected:
            raise ModelDamaged(
                header.path,
                f"tensor '{tensor.name}' has offset {tensor.offset}, expected {expected}",
            )
        expected += tensor.size + -tensor.size % alignment


def _padded(dimensions: Sequence[int]) -> tuple[int, ...]:
    return (*dimensions, 1, 1, 1, 1)[:4]


def _wanted(
    s: Shape, vocabulary: int, there: dict[str, Tensor]
) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """Yield name and shape of each tensor of a gpt-oss, and whether it is required."""
    queries, keys = s.heads * s.head, s.kv_heads * s.head
    yield "token_embd.weight", (s.width, vocabulary), True
    yield "output_norm.weight", (s.width,), True
    yield from _scaled("output", (s.width, vocabulary), (1,))
    for layer in range(s.layers):
        block = f"blk.{layer}."
        for name in ("attn_norm", "post_attention_norm"):
            yield f"{block}{name}.weight", (s.width,), True
        fused = f"{block}attn_qkv"
        if f"{fused}.weight" in there:
            yield from _scaled(fused, (s.width, queries + 2 * keys), (1,))
            yield f"{fused}.bias", (queries + 2 * keys,), False
        for name, size in (("attn_q", queries), ("attn_k", keys), ("attn_v", keys)):
            if f"{fused}.weight" not in there:
                yield from _scaled(f"{block}{name}", (s.width, size), (1,))
            if f"{fused}.bias" not in there:
                yield f"{block}{name}.bias", (size,), False
        yield from _scaled(f"{block}attn_output", (queries, s.width), (1,))
        yield f"{block}attn_output.bias", (s.width,), True
        yield f"{block}attn_sinks.weight", (s.heads,), True
        yield f"{block}ffn_gate_inp.weight", (s.width, s.experts), True
        yield f"{block}ffn_gate_inp.bias", (s.experts,), True
        for name, size, out in (
            ("ffn_gate_exps", s.width, s.expert_width),
            ("ffn_down_exps", s.expert_width, s.width),
            ("ffn_up_exps", s.width, s.expert_width),
        ):
            yield from _scaled(f"{block}{name}", (size, out, s.experts), (s.experts,))
            yield f"{block}{name}.bias", (out, s.experts), True


def _scaled(
    name: str, dimensions: tuple[int, ...], scales: tuple[int, ...]
) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """Yield a matrix, and the scales that some types of weights have beside it."""
    yield f"{name}.weight", dimensions, True
    yield f"{name}.scale", scales, False
    yield f"{name}.input_scale", scales, False
