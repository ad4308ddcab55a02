"""The compliance suite of Open Responses, which asks Responses.

FIRESIDE_OPEN_RESPONSES names a checkout of github.com/openresponses/openresponses. The events of
reasoning are looked for by the names that OpenAI and all its clients have, which are not its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from checks import FOLDER, MODEL, TOKEN, URL, report

given = Path(os.environ["FIRESIDE_OPEN_RESPONSES"])
for name in ("bin", "src"):
    shutil.copytree(given / name, FOLDER / name, dirs_exist_ok=True)
for schema in (FOLDER / "src" / "generated").rglob("*.ts"):
    text = schema.read_text("utf-8")
    for event in ("delta", "done"):
        text = text.replace(f"response.reasoning.{event}", f"response.reasoning_text.{event}")
    schema.write_text(text, encoding="utf-8")
# Of what goes into a pipe Node drops what is not read when it ends.
with open("found.json", "w", encoding="utf-8") as file:
    done = subprocess.run(
        [
            str(FOLDER / "node_modules" / ".bin" / "tsx"), "bin/compliance-test.ts", "--json",
            "--base-url", URL, "--api-key", TOKEN, "--model", MODEL,
        ],
        cwd=FOLDER,
        stdout=file,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
print(done.stderr[-2000:])
for found in json.loads(Path("found.json").read_text("utf-8"))["results"]:
    report(found["id"], found["status"] == "passed", "; ".join(found.get("errors") or ()))
