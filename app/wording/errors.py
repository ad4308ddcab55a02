"""Explanations of errors: what happened, and what to do."""

from __future__ import annotations

from app.base import errors as e
from app.base.log import Fault
from app.tools.browser.faults import SourceError
from app.wording.document_errors import document_sentence
from app.wording.endpoint_words import endpoint_list_sentence
from app.wording.engine_errors import explain_engine
from app.wording.exchange_errors import exchange_sentence
from app.wording.explanation import Action, Explanation
from app.wording.language import tr
from app.wording.mcp_errors import mcp_sentence
from app.wording.model_errors import explain_model, library_sentence
from app.wording.network_errors import explain_hub, explain_network
from app.wording.policy_words import forbidden_sentence, system_file_sentence
from app.wording.python_errors import python_sentence
from app.wording.remote_errors import explain_departure, explain_remote
from app.wording.serving_errors import serving_sentence
from app.wording.source_errors import source_sentence
from app.wording.store_errors import explain_settings, explain_store, secret_sentence
from app.wording.tool_settings import unrepeatable_sentence

__all__ = ["Action", "Explanation", "explain", "fault_sentence"]


def explain(error: BaseException) -> Explanation:
    """Return the explanation of any error of `app.base.errors`, or of an unexpected one."""
    match error:
        case e.ModelError():
            return explain_model(error)
        case e.LibraryError():
            return Explanation(library_sentence(error))
        case e.RemoteError():
            return explain_remote(error)
        case e.DepartureRefused():
            return explain_departure(error)
        case e.EndpointListError():
            detail = getattr(error, "detail", "") or getattr(error, "reason", "")
            return Explanation(endpoint_list_sentence(error), detail=detail)
        case e.EngineError():
            return explain_engine(error)
        case e.LocalServerError():
            return Explanation(serving_sentence(error))
        case e.StoreError():
            return explain_store(error)
        case e.SettingsDamaged():
            return explain_settings(error)
        case e.SecretError():
            return Explanation(secret_sentence(error))
        case e.SystemFileError():
            return Explanation(system_file_sentence(error))
        case e.LocalServerForbidden() | e.ToolsForbidden():
            return Explanation(forbidden_sentence(error))
        case e.HubError():
            return explain_hub(error)
        case e.Offline() | e.UpdatesUnknown():
            return explain_network(error)
        case e.ExchangeError():
            return Explanation(exchange_sentence(error))
        case e.DocumentError():
            return Explanation(document_sentence(error))
        case e.McpServerError() | e.McpServersUnreadable():
            return Explanation(mcp_sentence(error), detail=getattr(error, "detail", ""))
        case e.PythonError():
            return Explanation(python_sentence(error), detail=getattr(error, "detail", ""))
        case e.CallUnrepeatable():
            return Explanation(unrepeatable_sentence(error.word))
        case SourceError():
            return Explanation(source_sentence(error), detail=getattr(error, "reason", ""))
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
