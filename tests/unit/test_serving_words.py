"""What the window says of requests to the local server."""

from __future__ import annotations

import pytest

from app.serving import ServedRequest, ServedState
from app.wording.serving_words import request_state

WAITING, LOADING = ServedState.WAITING, ServedState.LOADING
READING, ANSWERING = ServedState.READING, ServedState.ANSWERING


@pytest.mark.parametrize(
    ("request_now", "said"),
    [
        (ServedRequest(1, "", "/v1/x", WAITING), "Waiting…"),
        (ServedRequest(1, "", "/v1/x", WAITING, place=1), "Waiting, next in line"),
        (ServedRequest(1, "", "/v1/x", WAITING, place=3), "Waiting, number 3 in line"),
        (ServedRequest(1, "", "/v1/x", LOADING), "Loading the model…"),
        (ServedRequest(1, "", "/v1/x", READING), "Processing the prompt…"),
        (ServedRequest(1, "", "/v1/x", READING, prompt_tokens=1500), "Processing 1,500 tokens…"),
        (ServedRequest(1, "", "/v1/x", ANSWERING, generated=1), "Answering · 1 token"),
        (
            ServedRequest(1, "", "/v1/x", ANSWERING, generated=20, tokens_per_second=9.87),
            "Answering · 9.9 tokens/s · 20 tokens",
        ),
    ],
)
def test_each_state_has_its_words(request_now: ServedRequest, said: str) -> None:
    assert request_state(request_now) == f"/v1/x · {said} · 0 s"
