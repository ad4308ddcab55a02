"""Sentences about servers of models that have not answered."""

from __future__ import annotations

from app.base import errors as e
from app.base.types import Endpoint
from app.wording.explanation import Explanation
from app.wording.language import tr


def explain_remote(error: e.RemoteError) -> Explanation:
    """Explain what went wrong with a server, and what the user can do."""
    host = Endpoint(error.url, "").host
    match error:
        case e.ServerUnreachable():
            return Explanation(
                tr("{host} can’t be reached.").format(host=host), detail=error.reason
            )
    return Explanation(tr("{host} didn’t answer as expected.").format(host=host))
