"""What can be done when a server of models has failed."""

from __future__ import annotations

from app.base import errors as e
from app.wording.explanation import Action

_OTHER_SERVER = (e.RemoteModelMissing, e.ServerUnencrypted, e.ServerAddressInvalid, e.CreditUsedUp)
"""Errors that come again unless something changes over there."""


def remote_actions(error: e.RemoteError) -> tuple[Action, ...]:
    """Return the actions to offer, the best one first."""
    if isinstance(error, e.KeyRefused):
        return Action.CHANGE_KEY, Action.CONTINUE, Action.CHOOSE_MODEL
    if isinstance(error, _OTHER_SERVER):
        return Action.CHOOSE_MODEL, Action.CONTINUE
    return Action.CONTINUE, Action.CHOOSE_MODEL
