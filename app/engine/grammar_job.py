"""The compiling of a request's grammar, on a thread of its own: others' answers go on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.base.errors import EngineFailed, FiresideError

if TYPE_CHECKING:  # most requests have no grammar
    from app.engine.engine_protocol import TokenMask
    from app.engine.grammar import Grammars
    from app.formats import TurnGrammar


class GrammarJob:
    """One grammar that is being compiled; ``done`` is called at the end."""

    def __init__(self, grammars: Grammars, grammar: TurnGrammar, done: Callable[[], None]) -> None:
        self.mask: TokenMask | None = None
        self.error: FiresideError | None = None
        self.has_ended = False
        self._grammars, self._grammar, self._done = grammars, grammar, done
        threading.Thread(target=self._run, name="grammar", daemon=True).start()

    def _run(self) -> None:
        try:
            self.mask = self._grammars.compile(self._grammar)
        except FiresideError as error:
            self.error = error
        finally:
            if self.mask is None and self.error is None:
                self.error = EngineFailed("the grammar was not compiled")
            self.has_ended = True
            self._done()
