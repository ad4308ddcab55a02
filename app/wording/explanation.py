"""A sentence for the user, and the action to offer with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from app.wording.language import tr


class Action(Enum):
    """An action that is offered with a sentence."""

    NONE = auto()
    RETRY = auto()
    CONTINUE = auto()
    ANSWER_NOW = auto()
    CHOOSE_MODEL = auto()
    LOAD_AGAIN = auto()
    USE_LESS_MEMORY = auto()
    GET_MODEL = auto()
    NEW_CHAT = auto()
    REPAIR = auto()
    COPY_DETAILS = auto()
    OPEN_LOG = auto()
    GO_ONLINE = auto()
    CHANGE_KEY = auto()

    @property
    def words(self) -> str:
        """The text of its button."""
        match self:
            case Action.RETRY:
                return tr("Try again")
            case Action.CONTINUE:
                return tr("Continue")
            case Action.ANSWER_NOW:
                return tr("Answer now")
            case Action.CHOOSE_MODEL:
                return tr("Choose another model")
            case Action.LOAD_AGAIN:
                return tr("Load again")
            case Action.USE_LESS_MEMORY:
                return tr("Use less memory")
            case Action.GET_MODEL:
                return tr("Get {model}").format(model="gpt-oss-20b")
            case Action.NEW_CHAT:
                return tr("New chat")
            case Action.REPAIR:
                return tr("Repair…")
            case Action.COPY_DETAILS:
                return tr("Copy details")
            case Action.OPEN_LOG:
                return tr("Open log")
            case Action.GO_ONLINE:
                return tr("Go online")
            case Action.CHANGE_KEY:
                return tr("Change key…")
        return ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence, and the actions to offer with it.

    ``detail`` is another program's message, verbatim, shown on request.
    """

    sentence: str
    action: Action = Action.NONE
    detail: str = ""
    others: tuple[Action, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """All its actions, the first one first."""
        return tuple(a for a in (self.action, *self.others) if a is not Action.NONE)
