"""Servers of models on other computers: cables pulled, names and certificates of others."""

from __future__ import annotations

import pytest

from tests.hosts.cases import CASES
from tests.hosts.running import missing, run_case

FAULTS = {
    "pulled": "AnswerCutOff",
    "cut": "AnswerCutOff",
    "cut-in-the-prefill": "AnswerCutOff",
    "killed": "AnswerCutOff",
    "refused": "ServerUnreachable",
    "switched-off": "ServerUnreachable",
    "no-cable": "ServerUnreachable",
    "name-gone": "ServerNameUnknown",
    "other-host-tls": "ServerUnsafe",
    "stranger": "ServerUnsafe",
    "tls-on-http": "ServerWithoutTls",
    "went-offline": "Offline",
}
"""Of the cases that end with one."""


@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize("name", CASES)
def test_of_another_computer(name: str) -> None:
    row = run_case(name)
    print(f"\n{name}: {row['sentence'] or row['state']} (after {row['noticed_s']} s)")
    assert row["fault"] == FAULTS.get(name, "")
    assert bool(row["sentence"]) is (name in FAULTS)
    assert row["kept"] is not False
    assert row["on"] is not False
