"""What the window says about the model that is asked, outside the models page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject

from app.base.errors import FiresideError
from app.base.types import Effort, ModelRef
from app.formats import Abilities
from app.ui.controls import plain_tip
from app.ui.state.chat_tools import ChatTools
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice, plan_summary
from app.ui.window.layout import WindowLayout
from app.wording.answered_by import leaving_sentence, refused_efforts, served_name
from app.wording.demo_words import model_name
from app.wording.language import tr
from app.wording.tool_settings import PYTHON


class ModelLabels(QObject):
    """The model's name, with a tooltip about how it is run, and what is said of the demo model."""

    def __init__(
        self,
        models: ModelChoice,
        tools: ChatTools,
        turns: LiveTurns,
        abilities: Callable[[ModelRef], Abilities],
        views: WindowLayout,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._abilities = abilities
        self._models, self._tools, self._composer = models, tools, views.composer
        self._demo_line, self._greeting = views.demo_line, views.conversation.greeting
        self._remote_line = views.remote_line
        models.changed.connect(self._show)
        models.planned.connect(self._show_plan)
        turns.ended.connect(self._show_efforts)  # a server may have refused one
        tools.changed.connect(self._show_greeting)
        self._show()

    def _show(self) -> None:
        asked = self._models.asked
        self._composer.set_model(_name(asked) if asked else tr("Choose a model"), asked)
        self._demo_line.setVisible(asked == self._models.demo)
        self._remote_line.set_model(asked)
        self._show_efforts()
        self._show_greeting()
        self._show_plan()

    def _show_efforts(self) -> None:
        """Show which efforts a server is known not to take; a file of a model takes all."""
        asked = self._models.asked
        refused: dict[Effort, str] = {}
        if asked and asked.host and not self._models.is_gone(asked):
            with suppress(FiresideError):  # it recurs where it is reported
                refused = refused_efforts(asked.host, self._abilities(asked).efforts)
        self._composer.set_efforts(refused)

    def _show_greeting(self) -> None:
        python = any(tool.key == PYTHON for tool in self._tools.used)
        self._greeting.set_model(demo=self._models.asked == self._models.demo, python=python)

    def _show_plan(self) -> None:
        plan = self._models.plan
        summary = plan_summary(plan) if plan else ""
        asked = self._models.asked
        if asked and asked.host:
            summary = "\n".join(dict.fromkeys((leaving_sentence(asked), asked.name)))
        elif self._models.unloaded:
            summary = tr("Not loaded")
        tip = "\n".join(filter(None, (tr("Choose a model"), summary)))
        self._composer.picker.setToolTip(plain_tip(tip))


def _name(model: ModelRef) -> str:
    return served_name(model.name) if model.host else model_name(model.name)
