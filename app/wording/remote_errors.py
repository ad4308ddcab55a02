"""Sentences about servers of models that have not answered, or not as they should.

What to do about it stands in the sentence if it is done elsewhere; what can be done here is offered
as a button. What the server or the system says is the detail.
"""

from __future__ import annotations

from app.base import errors as e
from app.base.plain_line import plain_line
from app.base.types import Endpoint
from app.wording.explanation import Action, Explanation
from app.wording.language import tr
from app.wording.quantities import duration

_LONGEST = 80  # characters of what a server has named
_LONGEST_DETAIL = 300
_BEHIND_PROXY = (502, 503, 504, 520, 521, 522, 523, 524)
"""A proxy answers for the server; those from 520 on are Cloudflare's."""
_OTHER_SERVER = (e.RemoteModelMissing, e.ServerUnencrypted, e.ServerAddressInvalid, e.CreditUsedUp)
"""Errors that come again unless something changes over there."""


def explain_remote(error: e.RemoteError) -> Explanation:
    """Explain what went wrong with a server, and what the user can do."""
    sentence = _of_connection(error) or _of_answer(error)
    facts = {name: _shown(getattr(error, name, "")) for name in ("model", "parameter", "proxy")}
    said = getattr(error, "message", "") or getattr(error, "reason", "")
    first, *others = _actions(error)
    return Explanation(
        sentence.format(
            host=_shown(Endpoint(error.url, "").host or error.url),
            address=_shown(getattr(error, "address", "")),
            time=duration(max(1.0, getattr(error, "seconds", 0.0))),
            **facts,
        ),
        first,
        plain_line(said or getattr(error, "received", ""), _LONGEST_DETAIL),
        tuple(others),
    )


def explain_departure(error: e.DepartureRefused) -> Explanation:
    """Explain that nothing was sent, since the user did not allow it."""
    return Explanation(
        tr("This wasn’t sent to {host}.").format(host=error.host),
        Action.CONTINUE,
        others=(Action.CHOOSE_MODEL,),
    )


def _actions(error: e.RemoteError) -> tuple[Action, ...]:
    """Return the actions to offer, the best one first."""
    if isinstance(error, e.KeyRefused):
        return Action.CHANGE_KEY, Action.CONTINUE, Action.CHOOSE_MODEL
    if isinstance(error, _OTHER_SERVER):
        return Action.CHOOSE_MODEL, Action.CONTINUE
    return Action.CONTINUE, Action.CHOOSE_MODEL


def _of_connection(error: e.RemoteError) -> str:
    """Return what is said if no connection was made, or none that may be used."""
    match error:
        case e.ServerAddressInvalid():
            return tr("Check the address. “{host}” can’t be one.")
        case e.ServerNameUnknown():
            return tr("Can’t find {host}. Check the address and your network connection.")
        case e.ServerUnreachable():
            return tr("Can’t reach {host}. Check that the server and your network are up.")
        case e.ServerProxyFailed():
            return tr("Can’t reach {host} through the proxy {proxy}. Check your proxy settings.")
        case e.ServerWithoutTls():
            return tr(
                "{host} doesn’t support encryption. If you trust the network, use an address that "
                "begins with http://."
            )
        case e.ServerUnencrypted():
            return tr(
                "The connection to {host} wouldn’t be encrypted. Allow that under Models > Another "
                "computer, or use an address that begins with https://."
            )
        case e.ServerUnsafe():
            return _of_certificate(error.problem)
        case e.ServerMoved(address=""):
            return tr("{host} redirects elsewhere. Check the address.")
        case e.ServerMoved():
            return tr("{host} redirects to {address}. If you trust it, use that address.")
    return ""


def _of_certificate(problem: str) -> str:
    match problem:
        case "host":
            return tr(
                "The certificate of {host} belongs to another server, so the connection isn’t "
                "safe. Check the address."
            )
        case "expired":
            return tr("The certificate of {host} has expired, so the connection isn’t safe.")
        case "early":
            return tr(
                "The certificate of {host} isn’t valid yet. Check this computer’s date and time."
            )
        case "self-signed" | "authority":
            return tr(
                "This computer doesn’t trust the certificate of {host}. Add its issuer to the "
                "system’s certificates."
            )
    return tr("The connection to {host} isn’t safe.")


def _of_answer(error: e.RemoteError) -> str:
    """Return what is said if the server has answered, or stopped to."""
    match error:
        case e.ServerSilent():
            return tr("{host} sent nothing for {time}. It may be overloaded.")
        case e.ModelListMissing():
            return tr("{host} has no list of models. Check the address: it often ends in /v1.")
        case e.ServerForeign():
            return tr(
                "{host} answers, but not like a server of models. Check the address: it often "
                "ends in /v1."
            )
        case e.KeyRefused():
            return tr("{host} needs a valid key. Enter or correct it.")
        case e.CreditUsedUp():
            return tr("Your account at {host} has no credit left.")
        case e.RemoteModelUnloaded():
            return tr("No model is loaded on {host}. Load one there, then try again.")
        case e.RemoteModelMissing(model=""):
            return tr("{host} doesn’t have this model any more.")
        case e.RemoteModelMissing():
            return tr("{host} doesn’t have {model}. It may have been removed or renamed there.")
        case e.ServerLoading():
            return tr("{host} is still loading the model. Try again in a moment.")
        case e.ServerBusy(seconds=0.0):
            return tr("{host} is busy. Try again in a moment.")
        case e.ServerBusy():
            return tr("{host} is busy. Try again in {time}.")
        case e.RequestRefused(status=413):
            return tr("This chat is too large for {host}. Remove attachments, or start a new chat.")
        case e.RequestRefused(parameter=""):
            return tr("{host} refused the request.")
        case e.RequestRefused():
            return tr("{host} refused the request because of “{parameter}”.")
        case e.ServerFailed() if error.status in _BEHIND_PROXY:
            return tr("{host} can be reached, but the model server behind it doesn’t respond.")
        case e.ServerFailed():
            return tr("{host} reported an error.")
        case e.AnswerEmpty():
            return tr("{host} sent an empty answer. The chat may be too long for the model there.")
        case e.AnswerGarbled():
            return tr("{host} sent something unexpected before the answer was complete.")
        case e.AnswerCutOff():
            return tr("The connection to {host} was lost before the answer was complete.")
    return tr("{host} didn’t answer as expected.")


def _shown(text: str) -> str:
    return plain_line(text, _LONGEST)
