"""Dispatch of events from other threads, by type, to the objects that handle them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.base.errors import StoreError
from app.documents import DocumentProgress
from app.models.model_library import MoveProgress
from app.reruns import RerunEnded, RerunEvent, RerunOutput
from app.serving import ServingChanged
from app.store import ChatRow
from app.tools.browser.source_status import SourcesChanged
from app.turn import (
    AnsweredSlowly,
    ChatEvent,
    ContextForecast,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    ModelUnloaded,
    NotSaved,
    ReadingAhead,
    Renamed,
    SavedAgain,
    SendFailed,
    TurnEnded,
    TurnProgress,
    TurnStarted,
    TurnWithdrawn,
    UnloadFailed,
)

if TYPE_CHECKING:
    from app.models.download_events import DownloadEvent
    from app.tools.mcp.server_status import McpServersChanged

ModelEvent: TypeAlias = ModelPlanned | ModelLoading | ModelReady | ModelFailed


@dataclass(frozen=True, slots=True)
class EventReceivers:
    """The handlers of each kind of event."""

    model: Callable[[ModelEvent], None]
    unloaded: Callable[[ModelUnloaded | UnloadFailed], None]
    model_moving: Callable[[MoveProgress], None]
    file_reading: Callable[[DocumentProgress], None]
    download: Callable[[DownloadEvent], None]
    renamed: Callable[[ChatRow], None]
    reading_ahead: Callable[[ReadingAhead], None]
    turns: Callable[[Iterable[ChatEvent]], None]
    forecast: Callable[[ContextForecast], None]
    reruns: Callable[[RerunEvent], None]
    servers: Callable[[McpServersChanged], None]
    sources: Callable[[SourcesChanged], None]
    serving: Callable[[], None]
    answered_slowly: Callable[[AnsweredSlowly], None]
    not_saved: Callable[[StoreError], None]
    saved_again: Callable[[], None]


class EventDispatcher:
    """A dispatcher of the events that the bridge delivers."""

    def __init__(self, to: EventReceivers) -> None:
        self._to = to

    def receive(self, events: Iterable[object]) -> None:
        """Dispatch events in order, but those about turns together.

        Raises TypeError for an event without a handler, after all others have been dispatched.
        """
        to = self._to
        about_turns: list[ChatEvent] = []
        after: list[ContextForecast | NotSaved | SavedAgain] = []
        unknown: list[str] = []
        for event in events:
            match event:
                case ModelPlanned() | ModelLoading() | ModelReady() | ModelFailed():
                    to.model(event)
                case ModelUnloaded() | UnloadFailed():
                    to.unloaded(event)
                case MoveProgress():
                    to.model_moving(event)
                case DocumentProgress():
                    to.file_reading(event)
                case Renamed(chat):
                    to.renamed(chat)
                case AnsweredSlowly():
                    to.answered_slowly(event)
                case ReadingAhead():
                    to.reading_ahead(event)
                case TurnStarted() | TurnProgress() | TurnEnded() | TurnWithdrawn() | SendFailed():
                    about_turns.append(event)
                case RerunOutput() | RerunEnded():
                    to.reruns(event)
                case ContextForecast() | NotSaved() | SavedAgain():
                    # After the answers: a forecast made while one was running is outdated.
                    after.append(event)
                case _:
                    if not (self._receive_servers(event) or self._receive_download(event)):
                        unknown.append(type(event).__qualname__)
        to.turns(about_turns)
        for late in after:
            match late:
                case ContextForecast():
                    to.forecast(late)
                case NotSaved(error):
                    to.not_saved(error)
                case SavedAgain():
                    to.saved_again()
        if unknown:
            raise TypeError(f"No receiver for events of type {', '.join(unknown)}")

    def _receive_servers(self, event: object) -> bool:
        """Dispatch a change of servers or of sources; return whether it was one."""
        # Imported late: most windows have no servers.
        from app.tools.mcp.server_status import McpServersChanged

        match event:
            case McpServersChanged():
                self._to.servers(event)
            case SourcesChanged():
                self._to.sources(event)
            case ServingChanged():
                self._to.serving()
            case _:
                return False
        return True

    def _receive_download(self, event: object) -> bool:
        """Dispatch an event of a download; return whether it was one."""
        # Imported late: without a download nothing else needs the network's modules.
        from app.models.download_events import DownloadEvent

        if not isinstance(event, DownloadEvent):
            return False
        self._to.download(event)
        return True
