"""Words about searching the web: what is sent where, and what came of a search."""

from __future__ import annotations

from app.base.errors import Offline
from app.network.connection_log import LogUnwritable
from app.network.page_faults import (
    AddressInside,
    AddressUnusable,
    CertificateRefused,
    HostSilent,
    NameUnknown,
    NoNetwork,
    ProxyRefuses,
    ProxyUndecided,
)
from app.tools.browser.web.provider import SearchRefusal, SearchRefused
from app.wording.language import tr
from app.wording.quantities import duration
from app.wording.tool_settings import unavailable_sentence


def sent_sentence(provider: str, *, own: bool) -> str:
    """Return what leaves the computer; ``own``: the search engine is run by the user."""
    if own:
        words = tr("What the model searches for goes to your {provider}, which asks others.")
    else:
        words = tr("What the model searches for goes to {provider}.")
    pages = tr("The pages it reads are fetched from their sites, without cookies.")
    return " ".join((words.format(provider=provider), pages))


def web_summary(provider: str, word: str) -> str:
    """Return how the web can be used, for diagnostics; ``word`` is that of why it cannot be."""
    return unavailable_sentence(word) if word else provider


def search_worked(results: int, seconds: float) -> str:
    """Return that a search was answered."""
    if not results:
        return tr("It answered, but found nothing.")
    time = duration(max(1.0, seconds))
    return tr("It works: %n result(s) in {time}.", "", results).format(time=time)


def search_failed(provider: str, error: BaseException) -> str:
    """Return why a search engine gave no results, for the user, and what to do."""
    if isinstance(error, SearchRefused):
        return _refused(provider, error)
    match error:
        case Offline():
            return tr("Network access is blocked.")
        case LogUnwritable():
            return tr("Nothing was sent, since the connection log can’t be written.")
        case NoNetwork():
            return tr("No network connection.")
        case NameUnknown():
            return tr("{provider} wasn’t found. Check the address and your connection.").format(
                provider=provider
            )
        case AddressUnusable() | AddressInside():
            return tr("The address can’t be used. Check it.")
        case HostSilent():
            return tr("{provider} doesn’t answer. Try again later.").format(provider=provider)
        case CertificateRefused():
            return tr("The connection to {provider} isn’t safe, so nothing was sent.").format(
                provider=provider
            )
        case ProxyUndecided():
            return tr("Your computer uses a proxy. Allow it above to search through it.")
        case ProxyRefuses():
            return tr("Your proxy doesn’t connect to {provider}.").format(provider=provider)
    return tr("Couldn’t reach {provider}.").format(provider=provider)


def _refused(provider: str, error: SearchRefused) -> str:
    match error.why:
        case SearchRefusal.KEY:
            said = tr("{provider} doesn’t accept the key.")
        case SearchRefusal.QUOTA:
            said = tr("Your plan at {provider} is used up.")
        case SearchRefusal.RATE:
            said = tr("{provider} gets too many requests. Try again in a minute.")
        case SearchRefusal.FORMAT:
            said = tr(
                "{provider} doesn’t give out JSON. Add “formats: [html, json]” below “search:” in "
                "its settings.yml and restart it."
            )
        case SearchRefusal.PERSON:
            said = tr("{provider} wants to see a person, so it can’t be used now.")
        case SearchRefusal.ENGINES:
            said = tr("None of the engines behind {provider} answered.")
        case SearchRefusal.MOVED:
            said = tr("{provider} has moved. Enter its new address.")
        case SearchRefusal.TROUBLE:
            said = tr("{provider} has problems of its own. Try again later.")
        case _:
            said = tr("{provider} answered in a way Fireside doesn’t know.")
    return said.format(provider=provider)
