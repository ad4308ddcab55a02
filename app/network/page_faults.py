"""Why a page, or the answer of a search engine, was not fetched; the source writes sentences."""

from __future__ import annotations


class PageFault(Exception):
    """The base class of them all."""


class AddressUnusable(PageFault):
    """The address is none that is fetched: a scheme, a port, a user's name, too long, no host.

    ``why`` is one of those words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class AddressInside(PageFault):
    """The ``host`` leads to ``address``, which is of this computer or its network."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is {address}")
        self.host, self.address = host, address


class RedirectRefused(PageFault):
    """The page has moved to an ``address`` that may not be opened unasked."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class TooManyRedirects(PageFault):
    """It has moved too often."""


class NameUnknown(PageFault):
    """There is no such host."""


class NoNetwork(PageFault):
    """No host can be reached at all, as it seems."""


class HostSilent(PageFault):
    """The host did not answer, or not in time."""


class HostUnreachable(PageFault):
    """There was no connection, or it broke; the message is why."""


class CertificateRefused(PageFault):
    """The connection would not have been safe; the message is why.

    ``code`` is that of the system's check of the certificate; None if it did not come to that.
    """

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class ProxyUndecided(PageFault):
    """This computer has a proxy, and the user did not decide whether pages go through it."""


class ProxyRefuses(PageFault):
    """The proxy does not pass the request on; the message is what it says."""


class AnswerBroken(PageFault):
    """The answer is not as HTTP has it, or its headers are far too long."""


class AnswerUnreadable(PageFault):
    """The answer is of a type, or in an encoding, that is not read; the message names it."""


class StatusRefused(PageFault):
    """The server answers with a ``status`` other than 200.

    ``challenge``: it wants to see that a person is there.
    """

    def __init__(self, status: int, *, challenge: bool = False) -> None:
        super().__init__(f"status {status}")
        self.status, self.challenge = status, challenge
