"""Any program, with Python's own HTTP client."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from checks import MODEL, TOKEN, URL, check, same


def opened(path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(f"{URL}{path}", data, headers), timeout=60)


def asked(**more: object) -> Any:
    messages = [{"role": "user", "content": "Hello"}]
    body = {"model": MODEL, "messages": messages, "max_tokens": 300, **more}
    return opened("/chat/completions", body)


@check
def models() -> None:
    with opened("/models") as answer:
        (model,) = json.load(answer)["data"]
    assert (model["id"], model["owned_by"]) == (MODEL, "fireside")


@check
def whole() -> None:
    with asked() as answer:
        same(json.load(answer)["choices"][0]["message"]["content"], "You said: Hello")


@check
def streamed() -> None:
    with asked(stream=True) as answer:
        lines = [line.decode().strip() for line in answer]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data.pop() == "[DONE]"
    deltas = [json.loads(chunk)["choices"][0]["delta"] for chunk in data]
    same("".join(delta.get("content") or "" for delta in deltas), "You said: Hello")
