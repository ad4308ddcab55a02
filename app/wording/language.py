"""The language of everything a person reads: each sentence goes through `tr`.

English stands in the code. ``resources/translations/`` holds the others as gettext catalogues,
which ``installers/translations.py`` keeps up to date. The window, the command line and a server
speak from the same catalogue.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from gettext import GNUTranslations

from app.base.resources import resource

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The code of each language, and its name in itself."""

Translate = Callable[[str, str, int], str]
"""Text, context and number (-1 for none) to the text in a language."""

_SEPARATORS = {"en": {}, "de": str.maketrans(",.", ".,")}  # of thousands and decimals


def _english(text: str, comment: str, n: int) -> str:
    return counted(text, n)


_translate: Translate = _english
_separators: dict[int, int] = _SEPARATORS["en"]


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """Return ``text`` in the person's language.

    ``comment`` tells apart what English says in one word. ``n`` stands where the text has ``%n``
    (``%Ln``: with separators between thousands) and decides between singular and plural, which
    English writes "chat(s)" in the code. What else changes stands as ``{name}``, for
    `str.format`: a translator may move it.

    Call it with literals only, and only when the sentence is shown: the tools collect literals,
    and a constant of a module would be translated before the language is known.
    """
    return _translate(text, comment, n)


def counted(text: str, n: int) -> str:
    """Return English text with its number and its regular plural filled in."""
    return _with_number(text.replace("(s)", "" if n == 1 else "s"), n)


def number(value: float, decimals: int = 0) -> str:
    """Return ``value`` as the language writes it: "12,345.6", "12.345,6"."""
    return f"{value:,.{decimals}f}".translate(_separators)


def use(language: str) -> None:
    """Speak one of `LANGUAGES` from now on. Sentences made before keep theirs."""
    global _translate, _separators
    _translate = _english if language == "en" else _from_catalogue(language)
    _separators = _SEPARATORS[language]


def choose(wanted: str, spoken: Iterable[str]) -> str:
    """Return the code of the language to use.

    That is ``wanted`` if it is one of `LANGUAGES`, else the first of ``spoken`` (such as "de-AT"
    or "de_DE.UTF-8") that is, else English.
    """
    codes = (name.replace("_", "-").split("-")[0].split(".")[0].lower() for name in spoken)
    return next(code for code in (wanted, *codes, "en") if code in LANGUAGES)


def system_languages() -> list[str]:
    """Return what the system speaks, best first, as far as it can be told without Qt.

    Linux and macOS say it in the environment, Windows by its display language.
    """
    if sys.platform == "win32":
        import ctypes
        import locale

        identifier = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return [locale.windows_locale.get(identifier, "")]
    values = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    found = next(filter(None, values), "")
    if found in ("", "C", "POSIX"):  # then gettext ignores LANGUAGE as well
        return [found]
    return [*os.environ.get("LANGUAGE", "").split(":"), found]


def _from_catalogue(language: str) -> Translate:
    with resource("translations", f"{language}.mo").open("rb") as file:
        catalogue = GNUTranslations(file)

    def translate(text: str, comment: str, n: int) -> str:
        if n < 0:
            found = catalogue.pgettext(comment, text) if comment else catalogue.gettext(text)
            return found
        if comment:
            found = catalogue.npgettext(comment, text, text, n)
        else:
            found = catalogue.ngettext(text, text, n)
        return counted(text, n) if found == text else _with_number(found, n)

    return translate


def _with_number(text: str, n: int) -> str:
    return text.replace("%Ln", number(n)).replace("%n", str(n))
