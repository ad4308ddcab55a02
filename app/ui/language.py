"""The language that the window speaks: every sentence that a person reads goes through `tr`.

English stands in the code. ``resources/translations/`` holds the others, as Qt's translation
tools write them (``installers/translations.py``). Whoever has no window, such as ``fireside ask``,
stays with English and never loads Qt.
"""

from __future__ import annotations

from collections.abc import Callable

_translate: Callable[[str, str, str | None, int], str] | None = None


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """``text`` in the person's language. ``comment`` tells apart what English says in one word;
    ``n`` stands where the text has ``%n``, and decides between singular and plural. What else
    changes stands as ``{name}``, for `str.format`: a translator may move it.

    Only literal texts are found by the tools, and only when they are spoken: a constant of a
    module would be translated before the language is known.
    """
    if _translate is None:
        return text.replace("%n", str(n))
    return _translate("", text, comment or None, n)
