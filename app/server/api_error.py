"""Errors as an endpoint tells them to its clients."""

from __future__ import annotations

from collections.abc import Mapping

INVALID = "invalid_request_error"
SERVER = "server_error"


class ApiError(Exception):
    """A request that is refused or has failed, with HTTP's ``status``.

    ``message`` says in English what to do; ``kind`` is OpenAI's type of error, ``param`` the path
    of the member that is wrong, as in ``messages[0].role``, ``code`` what programs look at.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind or (INVALID if status < 500 else SERVER)
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    @property
    def summary(self) -> str:
        """The status and the code, for the log."""
        return f"{self.status} {self.code or self.kind}"


def wrong(param: str, message: str, code: str | None = "invalid_value") -> ApiError:
    """Return the error for a member that is wrong."""
    return ApiError(400, message, param=param, code=code)


def missing(param: str) -> ApiError:
    """Return the error for a member that has to be there."""
    told = f"Missing required parameter: '{param}'."
    return wrong(param, told, "missing_required_parameter")


def unsupported(param: str, message: str, code: str = "unsupported_value") -> ApiError:
    """Return the error for what is not supported, and therefore never ignored."""
    return ApiError(400, message, param=param, code=code)
