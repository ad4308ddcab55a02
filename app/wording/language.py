"""The language of everything the user reads: each sentence goes through `tr`.

English is in the code. ``resources/translations/`` holds the others as gettext catalogues, which
``installers/translations.py`` keeps up to date. The window, the command line and a server use the
same catalogue.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from gettext import GNUTranslations

from app.base.resources import resource

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The code of each language, and its name in that language."""

Translate = Callable[[str, str, int], str]
"""A function from text, context and number (-1 for none) to the translated text."""

_SEPARATORS = {"en": {}, "de": str.maketrans(",.", ".,")}  # for thousands and decimals


def _english(text: str, comment: str, n: int) -> str:
    return text if n < 0 else counted(text, n)


_used = "en"
_translate: Translate = _english
_separators: dict[int, int] = _SEPARATORS["en"]


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """Return ``text`` in the user's language.

    ``comment`` distinguishes meanings that are one word in English. ``n`` replaces ``%n`` in the
    text (``%Ln``: with thousands separators) and selects singular or plural, written "chat(s)" in
    the English text. Other variables are written ``{name}``, for `str.format`, so that translators
    can move them.

    Call it with literals only, and only when the sentence is shown: the tools collect literals, and
    a constant of a module would be translated before the language is known.
    """
    return _translate(text, comment, n)


def counted(text: str, n: int) -> str:
    """Return English text with its number and its regular plural filled in."""
    return _with_number(text.replace("(s)", "" if n == 1 else "s"), n)


def number(value: float, decimals: int = 0) -> str:
    """Return ``value`` formatted for the language: "12,345.6", "12.345,6"."""
    return f"{value:,.{decimals}f}".translate(_separators)


def use(language: str) -> None:
    """Use one of `LANGUAGES` from now on. Earlier sentences are not translated again."""
    global _used, _translate, _separators
    _used = language
    _translate = _english if language == "en" else _from_catalogue(language)
    _separators = _SEPARATORS[language]


def used() -> str:
    """Return the code of the language that is used."""
    return _used


def choose(wanted: str, spoken: Iterable[str]) -> str:
    """Return the code of the language to use.

    That is ``wanted`` if it is one of `LANGUAGES`, else the first of ``spoken`` (such as "de-AT"
    or "de_DE.UTF-8") that is, else English.
    """
    codes = (name.replace("_", "-").split("-")[0].split(".")[0].lower() for name in spoken)
    return next(code for code in (wanted, *codes, "en") if code in LANGUAGES)


def system_languages() -> list[str]:
    """Return the system's languages, best first, as far as they can be found without Qt.

    On Linux and macOS they are in the environment; on Windows it is the display language.
    """
    if sys.platform == "win32":
        import ctypes
        import locale

        identifier = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return [locale.windows_locale.get(identifier, "")]
    values = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    found = next(filter(None, values), "")
    if found in ("", "C", "POSIX"):  # in which case gettext ignores LANGUAGE, too
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
