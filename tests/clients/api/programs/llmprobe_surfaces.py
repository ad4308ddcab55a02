"""llmprobe, a conformance suite: Chat Completions, Responses and Messages, their shapes and events.

What it grades of the model, and endpoints that the server does not have, are not looked at.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from checks import FOLDER, MODEL, TOKEN, URL, report

done = subprocess.run(
    [
        "node", str(FOLDER / "node_modules" / ".bin" / "llmprobe"), URL,
        "--api-key", TOKEN, "--model", MODEL, "--full", "--no-bench", "--no-save", "--no-color",
        "--save", "found.json",
    ],
    capture_output=True,
    text=True,
)  # fmt: skip
print(done.stdout[-1000:], done.stderr[-1000:])
for found in json.loads(Path("found.json").read_text("utf-8"))["conformance"]["results"]:
    if found["outcome"] in ("pass", "fail"):
        faults = [fault for fault in found["failures"] if fault["severity"] == "MUST"]
        told = "; ".join(f"{fault['label']}: {fault['message']}" for fault in faults)
        report(found["id"], not faults, told)
