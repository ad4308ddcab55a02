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
        words = tr("The model’s searches are sent to your {provider}, which passes them on.")
    else:
        words = tr("The model’s searches are sent to {provider}.")
    pages = tr("Pages are loaded from their sites, without cookies.")
    return " ".join((words.format(provider=provider), pages))


def web_summary(provider: str, word: str) -> str:
    """Return how the web can be used, for diagnostics; ``word`` is that of why it cannot be."""
    return unavailable_sentence(word) if word else provider


def search_worked(results: int, seconds: float) -> str:
    """Return that a search was answered."""
    if not results:
        return tr("It works, but found no results.")
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
            return tr("Nothing was sent because the connection log can’t be written.")
        case NoNetwork():
            return tr("No network connection.")
        case NameUnknown():
            return tr("Can’t find {provider}. Check the address and your connection.").format(
                provider=provider
            )
        case AddressUnusable() | AddressInside():
            return tr("This address can’t be used. Check it for mistakes.")
        case HostSilent():
            return tr("{provider} isn’t responding. Try again later.").format(provider=provider)
        case CertificateRefused():
            return tr("The connection to {provider} isn’t secure, so nothing was sent.").format(
                provider=provider
            )
        case ProxyUndecided():
            return tr("Your computer uses a proxy. Switch on “Use the proxy for web pages” above.")
        case ProxyRefuses():
            return tr("Your proxy refused the connection to {provider}.").format(provider=provider)
    return tr("Couldn’t reach {provider}.").format(provider=provider)


def _refused(provider: str, error: SearchRefused) -> str:
    match error.why:
        case SearchRefusal.KEY:
            said = tr("{provider} rejected the key.")
        case SearchRefusal.QUOTA:
            said = tr("Your {provider} plan has no searches left.")
        case SearchRefusal.RATE:
            said = tr("Too many requests to {provider}. Try again in a minute.")
        case SearchRefusal.FORMAT:
            said = tr(
                "{provider} doesn’t return JSON. Add “formats: [html, json]” under “search:” in "
                "its settings.yml and restart it."
            )
        case SearchRefusal.PERSON:
            said = tr("{provider} asks to verify you’re human, so it can’t be used right now.")
        case SearchRefusal.ENGINES:
            said = tr("None of {provider}’s search engines responded.")
        case SearchRefusal.MOVED:
            said = tr("{provider} has moved. Enter its new address.")
        case SearchRefusal.TROUBLE:
            said = tr("{provider} is having problems. Try again later.")
        case _:
            said = tr("{provider} sent an unexpected response.")
    return said.format(provider=provider)
