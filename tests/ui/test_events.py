"""Events from other threads reach the right receivers, and no others."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from app.base.errors import StoreFull
from app.base.types import ModelRef
from app.models.catalog import HubModel
from app.models.download_events import DownloadEnded
from app.turn import ContextForecast, ModelLoading, NotSaved, SavedAgain, Turn
from app.ui.window.events import EventDispatcher, EventReceivers
from tests.ui.driver import Fireside

FORECAST = ContextForecast(chat=1, prompt=10, reserved=5, context=100, dropped=0)


def receivers() -> MagicMock:
    return MagicMock(spec=EventReceivers)


def test_every_event_reaches_its_receiver() -> None:
    to = receivers()
    loading = ModelLoading(ModelRef.of_file(Path("m.gguf"), "m"), 0.5, Turn())
    ended = DownloadEnded(MagicMock(spec=HubModel))
    error = StoreFull(Path("chats.db"))
    EventDispatcher(to).receive([loading, ended, NotSaved(error), SavedAgain()])
    to.model.assert_called_once_with(loading)
    to.download.assert_called_once_with(ended)
    to.not_saved.assert_called_once_with(error)
    to.saved_again.assert_called_once_with()


def test_a_forecast_comes_after_the_turns() -> None:
    to = receivers()
    EventDispatcher(to).receive([FORECAST])
    calls = [name for name, *_ in to.mock_calls]
    assert calls == ["turns", "forecast"]


def test_an_unknown_event_is_reported_once_the_others_are_handed_out() -> None:
    to = receivers()
    with pytest.raises(TypeError, match="object"):
        EventDispatcher(to).receive([object(), SavedAgain()])
    to.saved_again.assert_called_once_with()
    to.download.assert_not_called()


def test_an_unknown_event_leaves_the_window_as_it_was(fireside: Fireside) -> None:
    with fireside.qtbot.captureExceptions() as caught:
        fireside.bridge.publish(object())
        fireside.until(lambda: bool(caught))
    assert caught[0][0] is TypeError
    assert not fireside.window.state.current.busy()
