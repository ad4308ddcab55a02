"""The files for administrators: they say the same, and the program reads its own.

`python -m tests.clients.team_files` checks them by the published schemas, and runs the proxy.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from app.base import outside, system_policy
from app.base.secrets import Secrets
from app.base.system_policy import Policy
from app.base.types import Endpoint
from app.engine.remote.endpoint_list import EndpointList
from tests.clients.team_files import THROUGH
from tests.fakes.administrator import Administrator

TEAM = Path(__file__).parents[2] / "installers" / "team"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(TEAM.iterdir())}
COMPOSE = yaml.safe_load(TEXTS["compose.yaml"])
CLUSTER = {each["kind"]: each for each in yaml.safe_load_all(TEXTS["kubernetes.yaml"])}
CONTAINER = CLUSTER["Deployment"]["spec"]["template"]["spec"]["containers"][0]
LOOKED_AT = outside.facts()["team_servers"].source


def commands() -> list[str]:
    """Return every command that starts vLLM, as one line each."""
    shown = re.findall(r"^\S*.*vllm serve openai(?:.*\\\n)*.*$", TEXTS["README.md"], re.MULTILINE)
    manifest = " ".join([*CONTAINER["command"], *CONTAINER["args"]]).replace("=", " ")
    return [*shown, *COMPOSE["services"]["vllm"]["command"], manifest]


def test_every_vllm_can_call_tools() -> None:
    assert len(commands()) >= 6
    for command in commands():
        assert "--enable-auto-tool-choice" in command, command
        assert "--tool-call-parser openai" in command, command


def test_vllm_is_started_alike_by_compose_and_in_the_cluster() -> None:
    compose, manifest = commands()[-2:]
    options = [re.findall(r"--[\w-]+(?: [\w.]+)?", each) for each in (compose, manifest)]
    assert options[0] == options[1]
    assert "--tensor-parallel-size 1" in compose


def test_the_versions_are_those_that_were_looked_at() -> None:
    shown = TEXTS["README.md"]
    images = "\n".join((shown, TEXTS["compose.yaml"], TEXTS["kubernetes.yaml"]))
    for version in re.findall(r"vllm(?:-openai:v|==|` )([\d.]+\d)", images):
        assert f"vLLM {version}, its sdist" in LOOKED_AT
    for version in re.findall(r"image: caddy:([\d.]+)", images):
        assert f"library/caddy: {version}. " in LOOKED_AT
    (version,) = re.findall(r"sglang==([\d.]+)", shown)
    assert f"SGLang {version}, its wheel" in LOOKED_AT
    (version,) = re.findall(r"llama.cpp ([0-9a-f]{7})\b", shown)
    assert f"llama.cpp at {version}" in LOOKED_AT


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert "ports" not in COMPOSE["services"]["vllm"]
    assert CLUSTER["Service"]["spec"].get("type", "ClusterIP") == "ClusterIP"
    (rule,) = CLUSTER["Ingress"]["spec"]["rules"]
    assert {path["path"] for path in rule["http"]["paths"]} == set(THROUGH)
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Exact"}
    assert rule["host"] in CLUSTER["Ingress"]["spec"]["tls"][0]["hosts"]
    assert f"@api path {' '.join(THROUGH)}\n" in TEXTS["Caddyfile"]


def test_no_key_stands_in_a_file() -> None:
    key = next(each for each in CONTAINER["env"] if each["name"] == "VLLM_API_KEY")
    assert set(key) == {"name", "valueFrom"}
    assert "Secret" not in CLUSTER
    assert COMPOSE["secrets"] == {"api_key": {"file": "./api_key.txt"}}
    assert not any(re.search(r"\b[0-9a-f]{32,}\b", text) for text in TEXTS.values())


def test_the_container_is_watched_and_has_its_gpu() -> None:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert CONTAINER[probe]["httpGet"] == {"path": "/health", "port": "http"}
    assert CONTAINER["resources"]["limits"]["nvidia.com/gpu"] == "1"
    selector = CLUSTER["Deployment"]["spec"]["selector"]["matchLabels"]
    assert selector == CLUSTER["Service"]["spec"]["selector"]
    assert selector == CLUSTER["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert selector == CLUSTER["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]


def test_the_policy_is_read_as_it_is(administrator: Administrator) -> None:
    administrator.decide(TEXTS["policy.toml"])
    assert system_policy.read(administrator.system) == (Policy(), None)
    assert set(tomllib.loads(TEXTS["policy.toml"])) == {
        "offline",
        "tools",
        "server",
        "model_folders",
    }


def test_the_endpoints_are_read_as_they_are(administrator: Administrator, tmp_path: Path) -> None:
    path = administrator.write("endpoints.toml", TEXTS["endpoints.toml"])
    found = EndpointList(tmp_path / "own.json", Secrets(tmp_path), path)
    (team,) = found.all()
    assert found.take_faults() == ()
    assert team.shared
    assert team.model.name == "gpt-oss-120b (team)"
    assert team.endpoint == Endpoint("https://gpu.example.org/v1", "openai/gpt-oss-120b")
    assert team.context == 131072
    # What is shown as a comment works as well.
    shown = TEXTS["endpoints.toml"].partition("# A second one:")[2]
    settings = [line.removeprefix("# ") for line in shown.splitlines() if re.search("[]=]", line)]
    path = administrator.write("endpoints.toml", "\n".join(settings))
    (second,) = EndpointList(tmp_path / "own.json", Secrets(tmp_path), path).all()
    assert second.endpoint.url == "http://10.0.0.12:8080/v1"


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "README.md"])
def test_the_readme_names_each_file(name: str) -> None:
    assert f"({name})" in TEXTS["README.md"]
