"""The demo model as a folder of Hugging Face's, for servers that do not read GGUF.

::

    python -m tests.clients.servers.demo_safetensors FOLDER TEMPLATE

Weights are float32, as llama.cpp's ggml-quants.c dequantises them: experts from MXFP4, the rest
from Q8_0. Names and shapes are those of transformers' modeling_gpt_oss.py, read the other way round
by llama.cpp's conversion/gpt_oss.py. TEMPLATE is gpt-oss's chat template in Jinja;
`response_template` is what transformers takes an answer apart with.
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.base.gguf import GgufHeader, Tensor, read

DEMO = Path(__file__).parents[3] / "resources" / "models" / "demo-gpt-oss.gguf"
_F32, _Q8_0, _MXFP4 = 0, 8, 39  # enum ggml_type
_FP4 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32) / 2
_CONTROL = 3  # llama.cpp's LLAMA_TOKEN_TYPE_CONTROL
_O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How o200k_base splits text before its merges; of tiktoken's openai_public.py."""
_NAMES = {
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate_inp": "mlp.router",
}
_RESPONSE_TEMPLATE = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|start|>assistant",
    "fields": {
        "reasoning_content": {
            "open": "<|channel|>analysis<|message|>",
            "close": "<|end|>",
            "content": "text",
        },
        "tool_calls": {
            "open_pattern": (
                r"(?:<\|start\|>assistant)?(?:<\|channel\|>commentary)?"
                r" to=functions\.(?P<name>[\w-]+)"
                r"(?:<\|channel\|>commentary)? ?(?:<\|constrain\|>)?json<\|message\|>"
            ),
            "close": "<|call|>",
            "repeats": True,
            "content": "json",
            "transform": {
                "type": "function",
                "function": {"name": "{name}", "arguments": "{content}"},
            },
        },
        "content": {
            "open_pattern": r"(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>",
            "close": "<|return|>",
            "content": "text",
        },
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description="the demo model, as safetensors")
    parser.add_argument("folder", type=Path, help="is made")
    parser.add_argument("template", type=Path, help="gpt-oss's chat template")
    options = parser.parse_args()
    write(options.folder, options.template.read_text("utf-8"))


def write(folder: Path, template: str) -> None:
    """Write the model with its configuration, tokenizer and chat template into ``folder``."""
    header = read(DEMO, arrays=True)
    folder.mkdir(parents=True, exist_ok=True)
    texts = [token.decode() for token in header.metadata["tokenizer.ggml.tokens"]]
    files = {
        "config.json": _configuration(header, texts),
        "generation_config.json": _generation(header, texts),
        "tokenizer.json": _tokenizer(header, texts),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<|startoftext|>",
            "eos_token": "<|return|>",
            "pad_token": "<|endoftext|>",
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": header.number("context_length"),
            "response_template": _RESPONSE_TEMPLATE,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1), "utf-8")
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    _write_safetensors(folder / "model.safetensors", _weights(header))


def _configuration(header: GgufHeader, texts: list[str]) -> dict[str, Any]:
    return {
        "architectures": ["GptOssForCausalLM"],
        "model_type": "gpt_oss",
        "torch_dtype": "float32",
        "vocab_size": len(texts),
        "num_hidden_layers": header.number("block_count"),
        "hidden_size": header.number("embedding_length"),
        "intermediate_size": header.number("expert_feed_forward_length"),
        "num_attention_heads": header.number("attention.head_count"),
        "num_key_value_heads": header.number("attention.head_count_kv"),
        "head_dim": header.number("attention.key_length"),
        "num_local_experts": header.number("expert_count"),
        "num_experts_per_tok": header.number("expert_used_count"),
        "experts_per_token": header.number("expert_used_count"),
        "sliding_window": header.number("attention.sliding_window"),
        "max_position_embeddings": header.number("context_length"),
        "initial_context_length": header.number("rope.scaling.original_context_length"),
        "rms_norm_eps": 1e-5,
        "rope_theta": 150000.0,
        "rope_scaling": {
            "rope_type": "yarn",
            "factor": 32.0,
            "beta_fast": 32.0,
            "beta_slow": 1.0,
            "truncate": False,
            "original_max_position_embeddings": 4096,
        },
        "swiglu_limit": 7.0,
        "attention_bias": True,
        "tie_word_embeddings": False,
        "eos_token_id": texts.index("<|return|>"),
        "pad_token_id": texts.index("<|endoftext|>"),
    }


def _generation(header: GgufHeader, texts: list[str]) -> dict[str, Any]:
    ends = ("<|return|>", "<|endoftext|>", "<|call|>")
    return {
        "bos_token_id": texts.index("<|startoftext|>"),
        "do_sample": False,
        "eos_token_id": [texts.index(end) for end in ends],
        "pad_token_id": texts.index("<|endoftext|>"),
    }


def _tokenizer(header: GgufHeader, texts: list[str]) -> dict[str, Any]:
    kinds = header.metadata["tokenizer.ggml.token_type"]
    special = [number for number, kind in enumerate(kinds) if kind == _CONTROL]
    merges = [merge.decode().split(" ") for merge in header.metadata["tokenizer.ggml.merges"]]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number,
                "content": texts[number],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number in special
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": _O200K},
                    "behavior": "Isolated",
                    "invert": False,
                },
                byte_level | {"use_regex": False},
            ],
        },
        "post_processor": byte_level | {"use_regex": False},
        "decoder": byte_level | {"use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {text: number for number, text in enumerate(texts) if number not in special},
            "merges": merges,
        },
    }


def _weights(header: GgufHeader) -> dict[str, NDArray[np.float32]]:
    """Return all tensors under transformers' names, in its shapes."""
    found = {tensor.name: _dequantised(header, tensor) for tensor in header.tensors}
    named = {
        "model.embed_tokens.weight": found["token_embd.weight"],
        "model.norm.weight": found["output_norm.weight"],
        "lm_head.weight": found["output.weight"],
    }
    for layer in range(header.number("block_count")):
        own, theirs = f"blk.{layer}.", f"model.layers.{layer}."
        for name, other in _NAMES.items():
            for part in ("weight", "bias"):
                if (values := found.get(f"{own}{name}.{part}")) is not None:
                    named[f"{theirs}{other}.{part}"] = values
        named[f"{theirs}self_attn.sinks"] = found[f"{own}attn_sinks.weight"]
        experts = f"{theirs}mlp.experts."
        gate, up, down = (
            found[f"{own}ffn_{kind}_exps.weight"].swapaxes(1, 2) for kind in ("gate", "up", "down")
        )
        biases = [found[f"{own}ffn_{kind}_exps.bias"] for kind in ("gate", "up")]
        named[f"{experts}gate_up_proj"] = _interleaved(gate, up)
        named[f"{experts}gate_up_proj_bias"] = _interleaved(*biases)
        named[f"{experts}down_proj"] = down
        named[f"{experts}down_proj_bias"] = found[f"{own}ffn_down_exps.bias"]
    return named


def _interleaved(even: NDArray[np.float32], odd: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack((even, odd), axis=-1).reshape(*even.shape[:-1], -1)


def _dequantised(header: GgufHeader, tensor: Tensor) -> NDArray[np.float32]:
    with header.path.open("rb") as file:
        file.seek(header.data_offset + tensor.offset)
        data = np.frombuffer(file.read(tensor.size), np.uint8)
    values: NDArray[np.float32]
    if tensor.type == _F32:
        values = data.view(np.float32)
    elif tensor.type == _Q8_0:
        blocks = data.reshape(-1, 34)
        scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
        values = np.multiply(blocks[:, 2:].view(np.int8), scales, dtype=np.float32)
    elif tensor.type == _MXFP4:
        blocks = data.reshape(-1, 17)
        scales = np.exp2(blocks[:, :1].astype(np.float32) - 127)
        halves = np.concatenate((blocks[:, 1:] & 15, blocks[:, 1:] >> 4), axis=1)
        values = np.multiply(_FP4[halves], scales, dtype=np.float32)
    else:
        raise ValueError(f"{tensor.name} has the type {tensor.type}")
    return values.reshape(tensor.shape[::-1])


def _write_safetensors(path: Path, tensors: dict[str, NDArray[np.float32]]) -> None:
    """Write a file in the format of huggingface/safetensors' README."""
    described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, values in tensors.items():
        described[name] = {
            "dtype": "F32",
            "shape": list(values.shape),
            "data_offsets": [place, place + values.nbytes],
        }
        place += values.nbytes
    head = json.dumps(described).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, np.float32).tobytes())


if __name__ == "__main__":
    main()
