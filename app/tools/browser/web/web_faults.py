"""Sentences for the model about what fails on the web.

They say what the user can do where only he can do something; the model passes that on.
"""

from __future__ import annotations

from app.base.errors import Offline
from app.network.connection_log import LogUnwritable
from app.network.page_faults import (
    AddressInside,
    AddressUnusable,
    AnswerBroken,
    AnswerUnreadable,
    CertificateRefused,
    HostSilent,
    HostUnreachable,
    NameUnknown,
    NoNetwork,
    PageFault,
    ProxyRefuses,
    ProxyUndecided,
    StatusRefused,
    TooManyRedirects,
)
from app.tools.browser.web.provider import SearchProvider, SearchRefusal, SearchRefused

Failure = PageFault | Offline | LogUnwritable
"""What `PageClient` raises, but for Cancelled."""

_SETTINGS = "The user can change that in Settings → Tools."
_NO_NETWORK = "There is no network connection. The user has to check it."
_UNUSABLE = {
    "long": "The address is too long.",
    "port": "The address has a port other than 80 and 443, which is not opened.",
    "scheme": "Only addresses that begin with http:// or https:// can be opened.",
    "user": "An address with a user name, a password or a backslash is not opened.",
}
_STATUS = {
    401: "asks for a user name and a password",
    402: "asks for money",
    403: "does not give out this page",
    404: "has no such page",
    410: "does not have this page any more",
    429: "gets too many requests now; wait before you open another page of it",
    451: "may not show this page, for legal reasons",
}


def page_sentence(error: Failure, host: str) -> str:
    """Return why a page of ``host`` was not read."""
    match error:
        case AddressUnusable():
            return _UNUSABLE.get(error.why, "This is no address of a web page.")
        case AddressInside():
            return (
                f"{error.host} is an address of this computer or of its network "
                f"({error.address}), which is not opened."
            )
        case TooManyRedirects():
            return "The page leads from address to address without an end."
        case AnswerUnreadable():
            return (
                f"The page is of a kind that cannot be read ({str(error)[:80] or 'it says none'})."
            )
        case StatusRefused(challenge=True):
            return (
                f"{host} wants to see that a person is there. The user can open the page in a "
                "browser."
            )
        case StatusRefused(status=status):
            if status >= 500:
                return f"{host} has trouble of its own (status {status}). Try again later."
            return f"{host} {_STATUS.get(status, 'refuses the page')} (status {status})."
    return _connection_sentence(error, host)


def search_sentence(error: Failure | SearchRefused, provider: SearchProvider, host: str) -> str:
    """Return why a search engine, which is at ``host``, gave no results."""
    name = provider.name
    if isinstance(error, AddressUnusable):
        return f"The address of {name} is none. {_SETTINGS}"
    if not isinstance(error, SearchRefused):
        return _connection_sentence(error, host)
    match error.why:
        case SearchRefusal.KEY:
            return f"{name} does not accept the key. {_SETTINGS}"
        case SearchRefusal.QUOTA:
            return (
                f"What was paid for at {name} is used up. The user can pay for more there, or "
                "choose another search engine in Settings → Tools."
            )
        case SearchRefusal.RATE:
            return f"{name} gets too many requests now. Wait before you search again."
        case SearchRefusal.FORMAT:
            return (
                f"{host} does not give out results as JSON. Whoever runs it has to add two lines "
                "to its settings.yml, under “search:”: “  formats: [html, json]”, and restart it."
            )
        case SearchRefusal.PERSON:
            return (
                f"{name} answered with a web page instead of results, perhaps to see that a person "
                "is there. That does not mean that there is nothing to be found."
            )
        case SearchRefusal.ENGINES:
            return (
                f"None of the search engines behind {name} answered: {error}. That does not mean "
                "that there is nothing to be found."
            )
        case SearchRefusal.MOVED:
            return f"{name} is now at {str(error)[:300]}. {_SETTINGS}"
        case SearchRefusal.TROUBLE:
            return f"{name} has trouble of its own ({error}). Try again later."
    return f"{name} gave an answer that Fireside does not understand ({error or 'another form'})."


def _connection_sentence(error: Failure, host: str) -> str:
    match error:
        case Offline():
            return "Fireside is offline: the user has switched its network connections off."
        case LogUnwritable():
            return (
                "Nothing was fetched, since the log of connections cannot be written "
                f"({error.strerror})."
            )
        case NoNetwork():
            return _NO_NETWORK
        case NameUnknown():
            return f"There is no site {host}, or no network connection."
        case HostSilent():
            return f"{host} does not answer, or too slowly."
        case CertificateRefused():
            return f"The connection to {host} would not be safe: {str(error)[:200]}."
        case ProxyUndecided():
            return (
                "This computer uses a proxy, and Fireside cannot check where a proxy leads. The "
                "user can allow pages to be read through it in Settings → Tools."
            )
        case ProxyRefuses():
            return f"This computer’s proxy does not connect to {host}: {str(error)[:200]}."
        case AnswerBroken():
            return f"{host} sent an answer that is not as HTTP has it."
        case HostUnreachable():
            return f"{host} cannot be reached: {str(error)[:200]}."
    return f"{host} could not be read."
