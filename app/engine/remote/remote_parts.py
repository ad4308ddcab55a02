"""The models on other computers, or of other programs on this one, and how they are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.base.system_files import ENDPOINTS
from app.engine.remote.endpoint_jobs import EndpointJobs
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.remote.local_vocabulary import LocalVocabulary
    from app.network.client import Network
    from app.network.endpoint_client import EndpointClient


class RemoteParts:
    """The list of these models, their backend, and their tests and changes.

    ``network`` returns what requests go through. ``files`` yields the models' files on this
    computer, and may take long; ``jobs`` are the threads for that. ``forget`` drops what is allowed
    for an origin of which no model is left.
    """

    def __init__(
        self,
        folders: Folders,
        secrets: Secrets,
        network: Callable[[], Network],
        jobs: Jobs,
        files: Callable[[], Iterable[Path]],
        forget: Callable[[str], object],
    ) -> None:
        self._network, self._jobs, self._files = network, jobs, files
        self.endpoints = EndpointList(folders.endpoints, secrets, folders.system / ENDPOINTS)
        """The models."""
        self.backend = RemoteBackend(
            lambda: self._client, self.endpoints, lambda: self._vocabulary.at_hand()
        )
        self.endpoint_jobs = EndpointJobs(lambda: self._client, self.endpoints, forget)

    @cached_property
    def _client(self) -> EndpointClient:
        from app.network.endpoint_client import EndpointClient

        return EndpointClient(self._network)

    @cached_property
    def _vocabulary(self) -> LocalVocabulary:
        from app.engine.remote.local_vocabulary import LocalVocabulary

        return LocalVocabulary(self._jobs, self._files)
