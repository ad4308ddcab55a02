"""Any program, with Python's own HTTP client: the list of models."""

from __future__ import annotations

import json
import urllib.request

from checks import MODEL, TOKEN, URL, check


@check
def models() -> None:
    request = urllib.request.Request(f"{URL}/models", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        listed = json.load(answer)
    assert listed["object"] == "list"
    (model,) = listed["data"]
    assert model["id"] == MODEL
    assert model["owned_by"] == "fireside"
