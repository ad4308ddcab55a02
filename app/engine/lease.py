"""The right to use the loaded model: shared by all that ask it, exclusive for loading another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from app.base.answer_events import Loading, Waiting
from app.base.errors import Cancelled

_POLL_S = 0.02  # how often a wait checks for cancellation


class Use:
    """One use of the model. ``exclusive``: nobody else uses it, so that it may be changed.

    ``alone`` is false once there was another use beside it.
    """

    def __init__(
        self, lease: Lease, cancel: threading.Event, *, exclusive: bool, background: bool
    ) -> None:
        self.exclusive = exclusive
        self.alone = True
        self.background = background
        self.cancel = cancel
        self._lease = lease

    def share(self) -> None:
        """Let others use the model, too: it is what was wanted now."""
        self._lease._share(self)

    def end(self) -> None:
        """End the use. Calling it again does nothing."""
        self._lease._end(self)


class _Wish:
    """A place in the line for the model."""

    def __init__(self, ready: Callable[[], bool], *, first: bool) -> None:
        self.ready = ready
        self.first = first


class Lease:
    """A lock on the model, shared by its users, and exclusive for changing it. Thread-safe.

    Who comes while somebody waits to change the model waits behind that one, so nobody waits for
    ever; only the window's requests come first.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: list[_Wish] = []
        self._uses: set[Use] = set()
        self._visits = 0
        self._loading: Loading | None = None
        self._closed = False

    def take(
        self,
        ready: Callable[[], bool],
        cancel: threading.Event,
        *,
        first: bool = False,
        background: bool = False,
    ) -> Generator[Waiting | Loading, None, Use]:
        """Wait until the model can be used, and return a use of it.

        That is shared if the model is ``ready``. Else it is ``exclusive``, once all others have
        ended, for the caller to make it ready and then to `share` it. Yields the place in the line,
        and how far another caller has come with that. ``background``: ``cancel`` is set once
        somebody waits for exclusive use.

        Raises Cancelled once ``cancel`` is set, if it has to wait.
        """
        wish, told = _Wish(ready, first=first), None
        with self._changed:
            at = sum(other.first for other in self._line) if first else len(self._line)
            self._line.insert(at, wish)
        try:
            while True:
                with self._changed:
                    if use := self._taken(wish, cancel, background=background):
                        return use
                    if cancel.is_set() or self._closed:
                        raise Cancelled
                    news = self._news(wish)
                    if news == told:
                        self._changed.wait(_POLL_S)
                        continue
                if news:
                    yield news
                told = news
        finally:
            with self._changed:
                self._line.remove(wish)
                self._changed.notify_all()

    @contextmanager
    def exclusive(self, cancel: threading.Event) -> Iterator[None]:
        """Have exclusive use of the model, once nobody else uses it."""
        steps = self.take(lambda: False, cancel)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            use: Use = end.value
        try:
            yield
        finally:
            use.end()

    @contextmanager
    def visit(self, cancel: threading.Event) -> Iterator[None]:
        """Keep others from changing the model for a moment, in which nothing is generated."""
        with self._changed:
            while self._is_changed_by_one or self._closed:
                if cancel.is_set() or self._closed:
                    raise Cancelled
                self._changed.wait(_POLL_S)
            self._visits += 1
        try:
            yield
        finally:
            with self._changed:
                self._visits -= 1
                self._changed.notify_all()

    def tell(self, loading: Loading) -> None:
        """Tell those who wait how far the model has been loaded."""
        with self._changed:
            self._loading = loading
            self._changed.notify_all()

    def close(self) -> None:
        """End all waits. Uses go on until they are ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _is_changed_by_one(self) -> bool:
        return any(use.exclusive for use in self._uses)

    def _taken(self, wish: _Wish, cancel: threading.Event, *, background: bool) -> Use | None:
        """Return a use if it is the wish's turn and there can be one."""
        if self._closed or wish is not self._line[0] or self._is_changed_by_one:
            return None
        ready = wish.ready()
        if not ready and (self._uses or self._visits):
            for use in self._uses:
                if use.background:
                    use.cancel.set()
            return None
        use = Use(self, cancel, exclusive=not ready, background=background)
        for other in self._uses:
            other.alone = use.alone = False
        self._uses.add(use)
        return use

    def _news(self, wish: _Wish) -> Waiting | Loading | None:
        if self._is_changed_by_one:
            return self._loading
        first = self._line[0]
        if first is not wish and (first.ready() or not (self._uses or self._visits)):
            return None  # nobody waits for more than that who is first wakes up
        return Waiting(self._line.index(wish) + 1)

    def _share(self, use: Use) -> None:
        with self._changed:
            use.exclusive = False
            self._loading = None
            self._changed.notify_all()

    def _end(self, use: Use) -> None:
        with self._changed:
            self._uses.discard(use)
            if use.exclusive:
                self._loading = None
            self._changed.notify_all()
