"""LangChain's standard tests of chat models, with its client for OpenAI's servers."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from checks import SCRIPTED, report

SUITE = """
import os
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestFireside(ChatModelIntegrationTests):
    @property
    def chat_model_class(self):
        return ChatOpenAI

    @property
    def chat_model_params(self):
        return {
            "model": os.environ["FIRESIDE_MODEL"],
            "base_url": os.environ["FIRESIDE_URL"],
            "api_key": os.environ["FIRESIDE_TOKEN"],
            "stream_usage": True,
            "max_retries": 0,
            "reasoning_effort": "low",
            "max_tokens": 300,
        }

    @property
    def supports_json_mode(self):
        return True

    @property
    def has_tool_choice(self):
        return True
"""

Path("test_fireside.py").write_text(SUITE, encoding="utf-8")
# The demo model talks, but cannot do tasks.
chosen = [] if SCRIPTED else ["-k", "invoke or stream or batch or conversation or usage"]
done = subprocess.run(
    [sys.executable, "-m", "pytest", *chosen, "test_fireside.py", "-q", "--asyncio-mode=auto", "-p",
     "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=session",
     "-o", "asyncio_default_test_loop_scope=session", "--junitxml=found.xml"],
    capture_output=True,
    text=True,
)  # fmt: skip
if not Path("found.xml").exists():
    sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
for case in ElementTree.parse("found.xml").iter("testcase"):
    name = case.attrib["name"]
    if (failure := case.find("failure")) is not None or (failure := case.find("error")) is not None:
        report(name, False, failure.attrib.get("message", ""))
    elif case.find("skipped") is None:
        report(name, True)
