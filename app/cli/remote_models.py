"""Models on other computers, or of other programs on this one, for the command line."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import system_policy
from app.base.errors import FiresideError
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.base.system_files import ENDPOINTS
from app.base.types import ModelRef
from app.cli.output import say
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import SavedEndpoint
from app.wording.errors import explain

if TYPE_CHECKING:
    from app.network.endpoint_client import EndpointClient


class NameUnclear(Exception):
    """Several models have the name; ``names`` are those by which they can be told apart."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


class RemoteModels:
    """The models that the user or an administrator has added; ``stack`` closes what they need.

    What is wrong with their lists is said when it is found.
    """

    def __init__(self, folders: Folders, stack: ExitStack) -> None:
        self._folders, self._stack = folders, stack
        secrets = stack.enter_context(closing(Secrets(folders.data)))
        self._list = EndpointList(folders.endpoints, secrets, folders.system / ENDPOINTS)
        self.faults: list[FiresideError] = []
        """What was found to be wrong with their lists."""

    def all(self) -> tuple[SavedEndpoint, ...]:
        """Return all of them."""
        for fault in self._list.take_faults():
            self.faults.append(fault)
            say(explain(fault).sentence)
        return self._list.all()

    def named(self, name: Path) -> ModelRef | None:
        """Return the model that is named; None if it is a file, or there is none of the name.

        A name is that in the list or the server's own, alone or with the host, or the address and
        the server's own. Raises NameUnclear.
        """
        if name.exists():
            return None
        found = [each.model for each in self.all() if name in _names(each)]
        if len(found) > 1:
            names = [_whole_name(model) for model in found]
            differ = len(set(names)) == len(names)  # unless one is reached in two ways
            raise NameUnclear(names if differ else [model.key for model in found])
        return found[0] if found else None

    def backend(self) -> RemoteBackend:
        """Return the backend of these models, which opens the network when it is first needed."""
        return RemoteBackend(lambda: self._client, self._list)

    @cached_property
    def _client(self) -> EndpointClient:
        from app.network.access import NetworkAccess
        from app.network.endpoint_client import EndpointClient

        offline = system_policy.settings(self._folders).offline
        jobs = self._stack.enter_context(closing(Jobs("network")))
        network = NetworkAccess(self._folders.connections, jobs, offline=offline)
        self._stack.callback(network.close)
        return EndpointClient(network.bare)


def _names(saved: SavedEndpoint) -> set[Path]:
    """Return the names of a model, as paths, which is what the command line makes of a name."""
    model, own = saved.model, saved.endpoint.model
    names = (model.name, own, f"{own}@{model.host}", _whole_name(model), model.key)
    return set(map(Path, names))


def _whole_name(model: ModelRef) -> str:
    """Return the name that tells a model from those of the same name elsewhere."""
    return f"{model.name}@{model.host}"
