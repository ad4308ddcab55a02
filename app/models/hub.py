"""Queries to the hub in the background. All futures fail with HubError or Offline."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.base.jobs import Jobs

if TYPE_CHECKING:
    from app.models.catalog import Repository, Variant


class Hub:
    """Queries to the hub. ``open_network`` is called before each, on the thread that makes it."""

    def __init__(self, open_network: Callable[[], object], jobs: Jobs) -> None:
        self._open_network = open_network
        self._jobs = jobs

    def search(self, text: str) -> Future[tuple[Repository, ...]]:
        """Search for repositories; see `hub_search.search`."""

        def work() -> tuple[Repository, ...]:
            self._open_network()
            from app.models import hub_search

            return hub_search.search(text)

        return self._jobs.submit(work)

    def variants(self, repository: str) -> Future[tuple[Variant, ...]]:
        """Return the models in a repository; see `hub_search.variants`."""

        def work() -> tuple[Variant, ...]:
            self._open_network()
            from app.models import hub_search

            return hub_search.variants(repository)

        return self._jobs.submit(work)
