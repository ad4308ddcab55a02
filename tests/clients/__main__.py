"""Run Fireside's MCP client against others' servers: ``python -m tests.clients FOLDER``.

FOLDER is where the packages of npm were installed::

    npm install @modelcontextprotocol/conformance @oven/bun-linux-x64

Every client scenario of the official conformance tests is run through `conformance_client`, under
bun, since they need a newer Node than Debian's. Prints a table, and ends with 0 if only those fail
that are expected to (`EXPECTED`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "elicitation-sep1034-client-defaults": "servers cannot ask the user anything",
    "auth/basic-cimd": "Fireside has no document of its own on the web",
    "auth/2025-03-26-oauth-metadata-backcompat": "its issuer is not its own: RFC 8414 refuses that",
    "auth/client-credentials-jwt": "for programs without a user",
    "auth/client-credentials-basic": "for programs without a user",
    "auth/cross-app-access-complete-flow": "for companies' identity providers",
}
"""Scenarios that cannot pass, and why."""


def main() -> int:
    parser = argparse.ArgumentParser(description="the official conformance tests for MCP clients")
    parser.add_argument("folder", type=Path, help="where npm has installed the packages")
    parser.add_argument("--scenario", help="only those whose names contain this")
    options = parser.parse_args()
    modules = options.folder / "node_modules"
    bun = str(modules / "@oven" / "bun-linux-x64" / "bin" / "bun")
    tests = str(modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js")
    listed = subprocess.run([bun, tests, "list"], capture_output=True, text=True, check=True)
    scenarios = re.findall(r"^  - (\S+)", listed.stdout.partition("Client scenarios")[2], re.M)
    surprises = 0
    for scenario in scenarios:
        if options.scenario and options.scenario not in scenario:
            continue
        passed, failed, detail = _run([bun, tests], scenario)
        good = not failed and passed > 0
        surprises += good == (scenario in EXPECTED)
        why = EXPECTED.get(scenario) or detail
        print(f"| {scenario} | {passed}/{passed + failed} | {'' if good else why} |", flush=True)
    return 1 if surprises else 0


def _run(runner: list[str], scenario: str) -> tuple[int, int, str]:
    """Return how many checks of a scenario passed and failed, and why they failed."""
    command = f"{sys.executable} -m tests.clients.conformance_client"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*runner, "client", "--command", command, "--scenario", scenario, "-o", folder,
             "--timeout", "60000"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        )  # fmt: skip
        found = list(Path(folder).rglob("checks.json"))
        checks = json.loads(found[0].read_text(encoding="utf-8")) if found else []
    kinds = [check["status"] for check in checks]
    bad = [check for check in checks if check["status"] in ("FAILURE", "WARNING")]
    words = "; ".join(f"{c['id']}: {c.get('errorMessage') or c['description']}" for c in bad)
    if not found:
        words = (done.stdout + done.stderr)[-400:]
    return kinds.count("SUCCESS"), len(bad) + (not found), words


if __name__ == "__main__":
    sys.exit(main())
