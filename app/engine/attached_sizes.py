"""The share of attached files in a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.base.types import Message, Part, Role
from app.formats import question_text

if TYPE_CHECKING:  # slow to import
    from app.tokenizer import Tokenizer


class AttachedSizes:
    """The tokens of attached files, as `documents` counts them.

    Each file is counted once, while it stays in the conversation.
    """

    def __init__(self) -> None:
        self._sizes: dict[Part, int] = {}
        self._tokenizer: Tokenizer | None = None

    def total(self, messages: Sequence[Message], tokenizer: Tokenizer) -> int:
        """Return the tokens of all files in the messages.

        Those in answers are not for the model.
        """
        asked = (message for message in messages if message.role is not Role.ASSISTANT)
        files = [part for message in asked for part in message.attached]
        known = self._sizes if tokenizer is self._tokenizer else {}
        self._tokenizer = tokenizer
        self._sizes = {
            part: known.get(part) or len(tokenizer.encode(question_text(part))) for part in files
        }
        return sum(self._sizes[part] for part in files)
