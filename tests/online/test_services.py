"""The register of outside facts, checked against the real services."""

from __future__ import annotations

import pytest

from tests.online.checks import CHECKS, Services


@pytest.mark.parametrize("name", CHECKS)
def test_it_holds_still(name: str) -> None:
    CHECKS[name](Services())
