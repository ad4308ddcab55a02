"""Explanations of errors: what happened, and what to do."""

from __future__ import annotations

from dataclasses import replace

from app.base import errors as e
from app.base.log import Fault
from app.tools.browser.faults import SourceError
from app.wording.document_errors import document_sentence
from app.wording.download_errors import hub_sentence, library_sentence
from app.wording.endpoint_words import endpoint_list_sentence
from app.wording.engine_errors import explain_engine
from app.wording.exchange_errors import exchange_sentence
from app.wording.explanation import Action, Explanation
from app.wording.language import tr
from app.wording.mcp_errors import server_sentence
from app.wording.model_errors import model_actions, model_sentence
from app.wording.policy_words import forbidden_sentence, system_file_sentence
from app.wording.python_errors import python_sentence
from app.wording.remote_actions import remote_actions
from app.wording.remote_errors import explain_remote
from app.wording.serving_errors import serving_sentence
from app.wording.source_errors import source_sentence
from app.wording.store_errors import settings_sentence, store_sentence
from app.wording.tool_settings import unavailable_sentence

__all__ = ["Action", "Explanation", "explain", "fault_sentence"]


def explain(error: BaseException) -> Explanation:
    """Return the explanation of any error of `app.base.errors`, or of an unexpected one."""
    match error:
        case e.ModelError():
            first, *others = model_actions(error)
            detail = getattr(error, "detail", "")
            return Explanation(model_sentence(error), first, detail, tuple(others))
        case e.RemoteError():
            told = explain_remote(error)
            first, *others = remote_actions(error)
            return replace(told, action=first, others=tuple(others))
        case e.EngineError():
            return explain_engine(error)
        case e.DepartureRefused():
            return Explanation(
                tr("This wasn’t sent to {host}.").format(host=error.host),
                Action.CONTINUE,
                others=(Action.CHOOSE_MODEL,),
            )
        case e.EndpointListError():
            detail = getattr(error, "detail", "") or getattr(error, "reason", "")
            return Explanation(endpoint_list_sentence(error), detail=detail)
        case e.StoreError():
            damaged = isinstance(error, e.StoreDamaged)
            return Explanation(store_sentence(error), Action.REPAIR if damaged else Action.NONE)
        case e.SettingsDamaged():
            names = ", ".join(name for name in error.lost if name != "*")
            detail = "\n".join(filter(None, (names, error.detail)))
            return Explanation(settings_sentence(error), detail=detail)
        case e.HubError():
            reason = error.reason if isinstance(error, e.HubUnreachable) else ""
            return Explanation(hub_sentence(error), Action.RETRY, reason)
        case e.Offline():
            return Explanation(
                tr("Fireside is offline. Go online under Models > Network."), Action.GO_ONLINE
            )
        case e.UpdatesUnknown():
            return Explanation(
                tr(
                    "Couldn’t check for updates: no response from {host} ({reason}). Check your "
                    "internet connection, or try again later."
                ).format(host=error.host, reason=error.reason)
            )
        case e.SecretUnreadable():
            return Explanation(tr("The system keyring didn’t respond. Unlock it and try again."))
        case e.SecretError():
            return Explanation(
                tr(
                    "Couldn’t update the system keyring or the data folder. "
                    "Unlock the keyring, or check the folder’s permissions."
                )
            )
        case e.LocalServerForbidden() | e.ToolsForbidden():
            return Explanation(forbidden_sentence(error))
        case e.SystemFileError():
            return Explanation(system_file_sentence(error))
        case e.LocalServerError():
            return Explanation(serving_sentence(error))
        case e.LibraryError():
            return Explanation(library_sentence(error))
        case e.ExchangeError():
            return Explanation(exchange_sentence(error))
        case e.DocumentError():
            return Explanation(document_sentence(error))
        case e.CallUnrepeatable(word=word):
            can = tr("This call can’t be run again.")
            return Explanation(unavailable_sentence(word) if word else can)
        case e.PythonError():
            return Explanation(python_sentence(error), detail=getattr(error, "detail", ""))
        case SourceError():
            return Explanation(source_sentence(error), detail=getattr(error, "reason", ""))
        case e.McpServerError() | e.McpServersUnreadable():
            return Explanation(server_sentence(error), detail=getattr(error, "detail", ""))
    return Explanation(
        tr("An unexpected error occurred ({name}: {error}). Try again.").format(
            name=type(error).__name__, error=error
        ),
        Action.RETRY,
    )


def fault_sentence(fault: Fault) -> str:
    """Return the sentence for an unforeseen fault."""
    if fault.ended:
        return tr("Fireside quit unexpectedly last time. Your chats are safe.")
    return tr(
        "Something went wrong. You can keep working, but the last action may not have completed."
    )
