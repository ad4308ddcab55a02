"""Who may ask the local server: every combination of what a request says about itself."""

from __future__ import annotations

import json
from itertools import islice, product
from pathlib import Path

import pytest

from app.base import log
from app.engine.backend import ScriptedBackend
from app.server.api_error import ApiError
from app.server.gate import Gate
from tests.fakes.api import MODEL, NAME, PORT, TOKEN, Api

CASES = Path(__file__).parents[1] / "cases" / "web_page"
PAGE = "https://notes.example"
HOSTS = {
    f"127.0.0.1:{PORT}": True,
    f"localhost:{PORT}": True,
    f"LOCALHOST:{PORT}": True,
    f"[::1]:{PORT}": True,
    None: False,
    "": False,
    "127.0.0.1": False,
    f"127.0.0.1:{PORT + 1}": False,
    f"evil.example:{PORT}": False,
    f"127.0.0.1.evil.example:{PORT}": False,
    f"localhost.evil.example:{PORT}": False,
    f"localhost.:{PORT}": False,
    f"evil.localhost:{PORT}": False,
    f"127.0.0.2:{PORT}": False,
    f"0.0.0.0:{PORT}": False,
    f"2130706433:{PORT}": False,
    f"[::]:{PORT}": False,
    f"[::ffff:127.0.0.1]:{PORT}": False,
    f"user@127.0.0.1:{PORT}": False,
    f"127.0.0.1:{PORT}, evil.example": False,
    f"127.0.0.1:{PORT} ": False,
}
ORIGINS = {
    None: True,
    "null": False,
    "": False,
    "https://evil.example": False,
    f"http://127.0.0.1:{PORT}": False,
    f"http://localhost:{PORT}": False,
    "vscode-webview://abc": False,
    "file://": False,
    "chrome-extension://abc": False,
}
SITES = {
    None: True,
    "none": True,
    "same-origin": True,
    "same-site": False,
    "cross-site": False,
    "": False,
    "odd": False,
}
TYPES = {
    "application/json": True,
    "Application/JSON": True,
    "application/json; charset=utf-8": True,
    'application/json;charset="UTF-8"': True,
    None: False,
    "": False,
    "text/plain": False,
    "text/plain;application/json": False,
    "application/json, text/plain": False,
    "application/json; charset=utf-16": False,
    "application/x-www-form-urlencoded": False,
    "multipart/form-data; boundary=application/json": False,
    "application/jsonp": False,
}
TOKENS = {
    f"Bearer {TOKEN}": True,
    f"bearer {TOKEN}": True,
    None: False,
    "": False,
    "Bearer": False,
    "Bearer ": False,
    TOKEN: False,
    f"Basic {TOKEN}": False,
    f"Bearer {TOKEN}x": False,
    f"Bearer {TOKEN[:-1]}": False,
    f"Bearer {TOKEN.upper()}": False,
    f"Bearer {TOKEN}, Bearer {TOKEN}": False,
    "Bearer t\xf6ken": False,
}
EVERY = 11
"""Of 223,587 combinations, these many share one test: prime, so that all pairs are among them."""


def verdict(gate: Gate, **environ: str | None) -> int:
    """Return the status of a refusal, 200 without one."""
    given = {name: value for name, value in environ.items() if value is not None}
    try:
        gate.check({"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/responses", **given})
    except ApiError as error:
        return error.status
    return 200


def test_each_combination_is_refused_by_its_first_fault() -> None:
    gate = Gate(PORT, TOKEN)
    wrong = []
    every = product(HOSTS.items(), ORIGINS.items(), SITES.items(), TYPES.items(), TOKENS.items())
    for (host, h), (origin, o), (site, s), (kind, k), (token, t) in islice(every, 0, None, EVERY):
        told = verdict(
            gate,
            HTTP_HOST=host,
            HTTP_ORIGIN=origin,
            HTTP_SEC_FETCH_SITE=site,
            CONTENT_TYPE=kind,
            HTTP_AUTHORIZATION=token,
        )
        expected = 403 if not (h and o and s) else 415 if not k else 401 if not t else 200
        if told != expected:
            wrong.append((host, origin, site, kind, token, told))
    assert wrong == []


def test_a_page_in_chromium_gets_no_further() -> None:
    """With what `tests/long/test_web_page.py` has recorded, whatever token the page knows."""
    recorded = (CASES / "chromium.json").read_text(encoding="utf-8").replace("PORT", str(PORT))
    requests = json.loads(recorded)
    assert {request["REQUEST_METHOD"] for request in requests} == {"GET", "POST", "OPTIONS"}
    for request in requests:
        known = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "CONTENT_TYPE": "application/json"}
        assert verdict(Gate(PORT, TOKEN), **{**request, **known}) == 403, request


@pytest.fixture
def api() -> Api:
    return Api.over(ScriptedBackend(), {})


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": f"evil.example:{PORT}"}, 403, "host_not_allowed"),
        ({"Origin": "https://evil.example"}, 403, "origin_not_allowed"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "origin_not_allowed"),
        ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"Authorization": "Bearer no"}, 401, "invalid_api_key"),
        ({}, 404, "unknown_url"),
    ],
)
def test_a_refusal_says_what_to_do_in_json(
    api: Api, headers: dict[str, str | None], status: int, code: str
) -> None:
    answer = api.post("/v1/nothing", {}, headers)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert answer.error["type"] == "invalid_request_error"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_who_is_refused_learns_how_to_send_the_token_and_nothing_else(api: Api) -> None:
    answers = [
        api.get(path, {"Authorization": None})
        for path in ("/v1/models", f"/v1/models/{NAME}", "/v1/nothing", "/")
    ]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert NAME.encode() not in answers[0].body
    assert answers[0].headers["www-authenticate"] == "Bearer"


def test_the_token_may_come_as_clients_of_anthropic_send_it(api: Api) -> None:
    def status(**headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.get("/v1/models", {"Authorization": None, **given}).status

    assert status(x_api_key=TOKEN) == 200
    assert status(x_api_key="no") == 401
    assert status(x_api_key=TOKEN, Authorization="Bearer no") == 200
    assert status(x_api_key="no", Authorization=f"Bearer {TOKEN}") == 200


def test_the_health_needs_no_token_but_the_other_rules(api: Api) -> None:
    assert api.get("/health", {"Authorization": None}).json == {"status": "ok"}
    assert api.get("/health", {"Host": "evil.example"}).status == 403
    assert api.get("/health", {"Origin": "https://evil.example"}).status == 403
    assert api.get("/health/", {"Authorization": None}).status == 401
    assert api.get("//health", {"Authorization": None}).status == 401


def test_without_a_token_nobody_may_ask() -> None:
    gate = Gate(PORT, "")
    for given in ("", "Bearer", "Bearer "):
        said = {"HTTP_HOST": f"127.0.0.1:{PORT}", "HTTP_AUTHORIZATION": given}
        assert verdict(gate, CONTENT_TYPE="application/json", **said) == 401


def test_another_token_counts_at_once() -> None:
    gate = Gate(PORT, TOKEN)
    said = {"HTTP_HOST": f"127.0.0.1:{PORT}", "CONTENT_TYPE": "application/json"}
    gate.token = "another"
    assert verdict(gate, HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **said) == 401
    assert verdict(gate, HTTP_AUTHORIZATION="Bearer another", **said) == 200


def test_the_port_that_browsers_leave_out_may_be_left_out() -> None:
    said = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "CONTENT_TYPE": "application/json"}
    assert verdict(Gate(80, TOKEN), HTTP_HOST="localhost", **said) == 200
    assert verdict(Gate(80, TOKEN), HTTP_HOST="evil.example", **said) == 403


def test_the_first_line_of_a_request_may_not_name_another_host(api: Api) -> None:
    assert api.get(f"http://evil.example:{PORT}/v1/models").status == 403
    assert api.get("evil.example:443").status == 403
    assert api.get("*").status == 403
    assert api.get(f"https://127.0.0.1:{PORT}/v1/models").status == 403
    assert api.get(f"http://user@127.0.0.1:{PORT}/v1/models").status == 403
    assert api.get(f"http://127.0.0.1:{PORT + 1}/v1/models").status == 403
    assert api.get(f"HTTP://LocalHost:{PORT}/v1/models").status == 200, "as RFC 9112, 3.2.2 demands"


def test_an_added_page_may_ask_and_no_other() -> None:
    api = Api.over(ScriptedBackend(), {}, origins=(PAGE,))
    said = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    answer = api.get("/v1/models", said)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in answer.headers
    refused = api.get("/v1/models", {**said, "Authorization": None})
    assert refused.status == 401, "its requests need the token, too"
    assert refused.headers["access-control-allow-origin"] == PAGE, "its program may read why"
    for other in ("https://evil.example", f"{PAGE}.evil.example", f"{PAGE}:444", "null"):
        answer = api.get("/v1/models", {**said, "Origin": other})
        assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)


def test_browsers_ask_beforehand_for_an_added_page() -> None:
    api = Api.over(ScriptedBackend(), {}, origins=(PAGE,))
    asked = {
        "Authorization": None,
        "Origin": PAGE,
        "Sec-Fetch-Site": "cross-site",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = api.ask("OPTIONS", "/v1/models", None, asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]
    answer = api.ask("OPTIONS", "/v1/models", None, {**asked, "Origin": "https://evil.example"})
    assert answer.status == 403
    assert Api.over(ScriptedBackend(), {}).ask("OPTIONS", "/v1/models", None, asked).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "FROB"])
@pytest.mark.parametrize("path", ["/v1/models", f"/v1/models/{NAME}", "/health"])
def test_other_methods_are_told_which_there_are(api: Api, method: str, path: str) -> None:
    answer = api.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


def test_heads_have_no_body(api: Api) -> None:
    answer = api.ask("HEAD", "/v1/models")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(api.get("/v1/models").body)
    assert api.ask("HEAD", "/v1/nothing").status == 404


def test_models_are_listed_and_shown_by_name(api: Api) -> None:
    listed = api.get("/v1/models").json
    (model,) = listed["data"]
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (False, NAME, NAME)
    assert (model["type"], model["display_name"]) == ("model", MODEL.name)
    assert model["created_at"] == "1970-01-01T00:00:00+00:00"
    assert (model["id"], model["object"], model["owned_by"]) == (NAME, "model", "fireside")
    assert api.get(f"/v1/models/{NAME}").json == model
    for other in ("nope", "", f"{NAME}/x", "..%2f..%2fetc%2fpasswd", "%ff"):
        answer = api.get(f"/v1/models/{other}")
        assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_a_base_url_without_its_end_is_recognised(api: Api) -> None:
    assert api.get("/models").error["message"] == "Unknown path: /models. The base URL ends in /v1."
    assert api.get("/api/tags").error["message"] == "Unknown path: /api/tags"


def test_who_is_refused_is_counted_in_the_fault_log(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(log, "note_kind", noted.append)
    api.get("/v1/models", {"Authorization": None})
    api.get("/v1/models", {"Host": "evil.example"})
    assert noted == [
        "local server: refused, invalid_api_key",
        "local server: refused, host_not_allowed",
    ]
