"""What can be done about a model that could not be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.base.errors import KeyRefused, ModelError, Offline
from app.base.types import ModelRef
from app.host import Host
from app.turn import AnsweredSlowly, ModelPlanned, TurnEnded
from app.ui.banner import Banner
from app.ui.bridge import Bridge
from app.ui.pages import Pages
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_answer import LiveAnswer
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice, plan_summary
from app.wording.demo_words import model_name
from app.wording.errors import Action, explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.engine.lighter import Lighter


class LoadRecoveryController(QObject):
    """A controller that loads a model again, perhaps with less memory, or has another chosen.

    The question that waited for the model is then answered.
    """

    menu_wanted = Signal()
    """The menu of models is to be opened."""
    tried = Signal()
    """The model of the chat that is shown is being loaded again."""

    def __init__(
        self,
        host: Host,
        bridge: Bridge,
        pages: Pages,
        banner: Banner,
        models: ModelChoice,
        turns: LiveTurns,
        current: CurrentChat,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._host, self._bridge, self._pages, self._banner = host, bridge, pages, banner
        self._models, self._turns, self._current = models, turns, current
        self._waits: LiveAnswer | None = None  # for the choice of another model
        self._slow: ModelRef | None = None  # the model whose slowness was told last
        self._spilled: ModelRef | None = None  # the model that has too little of a GPU's memory
        self._reduced = ""  # the sentence about a smaller plan
        self._told = ""  # that about a model that could not be loaded
        models.planned.connect(self._planned)
        models.failed.connect(self._failed)
        turns.ended.connect(self._ended)
        models.changed.connect(self._changed)

    def again(self) -> None:
        """Load the model again, and answer the question that waits for it."""
        self._banner.hide()
        if model := self._model:
            self._load(model, self._turns.unanswered(self._current.id))

    def online(self) -> None:
        """Note that the network is there again: a server is asked that could not be."""
        if self._models.refused and self._models.refused.host:
            self.again()

    def reload(self) -> None:
        """Load the model of the chat that is shown again, by a new plan."""
        if model := self._models.asked:
            self._host.engine.renew()
            self._load(model, self._turns.unanswered(self._current.id))

    def use_less(self) -> None:
        """Choose settings with which the model takes less memory, and load it again."""
        if model := self._model:
            waits = self._turns.unanswered(self._current.id)
            if model == self._spilled and not waits:  # a new plan takes what is free now
                self._spilled = None
                self._banner.hide()
                self._host.engine.renew()
                self._load(model, None)
                return
            overrides = self._host.overrides
            found = self._host.examiner.lighter(model, overrides, self._models.plan_of(model))
            self._bridge.when_done(
                found,
                lambda lighter: self._use(model, lighter, waits),
                self._banner.show_error,
            )

    def choose(self) -> None:
        """Open the menu of models; the chosen one then answers the question that waits."""
        self._waits = self._turns.unanswered(self._current.id)
        self._pages.show_chat()
        self.menu_wanted.emit()

    def answered_slowly(self, event: AnsweredSlowly) -> None:
        """Show why answers are slow, and offer what helps."""
        from app.wording.slow_answer import explain_slow

        self._slow = event.model
        self._spilled = event.model if event.slow.gpu else None
        explanation = explain_slow(event.slow)
        self._banner.show_sentence(explanation.sentence, explanation.action)

    @property
    def _model(self) -> ModelRef | None:
        waits = self._turns.unanswered(self._current.id)
        return waits.model if waits else self._slow or self._models.refused

    def _load(self, model: ModelRef, waits: LiveAnswer | None) -> None:
        self._models.try_again(model)
        still = waits is not None and self._turns.unanswered(waits.chat) is waits
        if waits and still and not self._turns.busy(waits.chat):
            self._turns.resume(waits.chat, waits.answer.id, model)
        self.tried.emit()

    def _use(self, model: ModelRef, lighter: Lighter | None, waits: LiveAnswer | None) -> None:
        if lighter is None:
            self._banner.show_sentence(
                tr("{name} already uses as little memory as possible.").format(
                    name=model_name(model.name)
                ),
                Action.CHOOSE_MODEL,
            )
            return
        self._host.override(lighter.overrides)
        self._load(model, waits)
        self._banner.show_done(
            tr(
                "{name} now uses less memory: {summary}. You can change this under Settings > "
                "Memory."
            ).format(name=model_name(model.name), summary=plan_summary(lighter.plan))
        )

    def _planned(self, event: ModelPlanned) -> None:
        self._banner.take_back(self._told)  # a question has it loaded again
        if event.trouble:
            from app.wording.gpu_trouble import trouble_sentence  # as late as it is rare

            name = model_name(event.model.name)
            self._banner.show_sentence(trouble_sentence(event.trouble, event.plan, name))
        elif event.reduced:
            self._reduced = tr(
                "Less memory was free than expected, so {name} was loaded with reduced settings: "
                "{summary}."
            ).format(name=model_name(event.model.name), summary=plan_summary(event.plan))
            self._banner.show_sentence(self._reduced)

    def _ended(self, event: TurnEnded) -> None:
        if isinstance(event.error, ModelError):
            self._banner.take_back(self._reduced)  # the smaller plan did not help either
            if event.answer.chat == self._current.id:
                self._banner.take_back(self._told)  # the answer says it now

    def _failed(self, error: Exception) -> None:
        """Show why a model cannot be loaded, unless an answer in sight will say so."""
        self._banner.take_back(self._reduced)
        self._slow = None
        chat, refused = self._current.id, self._models.refused
        ended, waits = self._turns.unanswered(chat), (chat, refused) in self._turns.waiting()
        told = ended is not None and ended.ended is not None and ended.ended.error is error
        if not waits and not told and self._pages.chat_shown:
            self._told = explain(error).sentence
            self._banner.show_error(error, self._ways_on(refused, error))

    def _ways_on(self, refused: ModelRef | None, error: Exception) -> tuple[Action, ...]:
        """Return what helps with a model of another computer; nothing special with others."""
        if refused is None or not refused.host:
            return ()
        if self._models.is_gone(refused):
            return (Action.CHOOSE_MODEL,)
        if isinstance(error, Offline):
            return Action.GO_ONLINE, Action.CHOOSE_MODEL
        key = (Action.CHANGE_KEY,) if isinstance(error, KeyRefused) else ()
        return *key, Action.RETRY, Action.CHOOSE_MODEL

    def _changed(self) -> None:
        """Answer the question that waits by the model that was chosen."""
        waits, chosen = self._waits, self._models.loading
        if chosen:
            self._banner.take_back(self._told)
        if waits and chosen:
            self._waits = None
            if self._turns.unanswered(self._current.id) is waits:
                self._turns.resume(waits.chat, waits.answer.id, chosen)
                self.tried.emit()
