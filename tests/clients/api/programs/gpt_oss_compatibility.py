"""The compatibility test of gpt-oss, by OpenAI: calls, and reasoning where it is looked for.

FIRESIDE_GPT_OSS names the folder ``compatibility-test`` of github.com/openai/gpt-oss. The questions
of its cases have the call before them, by which the scripted engine makes it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from checks import FOLDER, MODEL, TOKEN, URL, report

given = Path(os.environ["FIRESIDE_GPT_OSS"])
for name in ("index.ts", "runCase.ts", "analysis.ts", "tools.ts"):
    shutil.copy(given / name, FOLDER)
providers = {
    kind: {"apiBaseUrl": URL, "apiKey": TOKEN, "apiType": [kind], "modelName": MODEL,
           "providerDetails": {}}
    for kind in ("chat", "responses")
}  # fmt: skip
(FOLDER / "providers.ts").write_text(
    f"export const PROVIDERS = {json.dumps(providers)};", encoding="utf-8"
)
cases = [json.loads(line) for line in (given / "cases.jsonl").read_text("utf-8").splitlines()]
for case in cases:
    case["input"] = f"call {case['tool_name']} {case['expected_arguments']} {case['input']}"
(FOLDER / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")

# Its own Agents SDK keeps nothing of a streamed response that it could look at.
for kind, *way in (("chat",), ("responses",), ("chat", "--streaming")):
    for old in FOLDER.glob("rollout_*"):
        old.unlink()
    done = subprocess.run(
        [str(FOLDER / "node_modules" / ".bin" / "tsx"), "index.ts", "--provider", kind, *way],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=900,
    )
    lines = [
        line for file in FOLDER.glob("rollout_*") for line in file.read_text("utf-8").splitlines()
    ]
    found = [json.loads(line) for line in lines]
    bad = [one for one in found if not one.get("result", {}).get("success")]
    name = f"{kind}{' streamed' if way else ''}: {len(found) - len(bad)} of {len(cases)} cases"
    told = json.dumps(bad[:1]) if bad else (done.stdout + done.stderr)[-800:]
    report(name, len(found) - len(bad) == len(cases), told)
