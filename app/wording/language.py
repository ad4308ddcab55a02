"""The language that the window speaks: every sentence that a person reads goes through `tr`.

English stands in the code. ``resources/translations/`` holds the others, as Qt's translation
tools write them (``installers/translations.py``). Whoever has no window, such as ``fireside ask``,
stays with English and never loads Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.base.resources import resource

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication, QTranslator

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The code of each language, and its name in itself."""

_MARKS = {"en": {}, "de": str.maketrans(",.", ".,")}  # between thousands, and before decimals

_translate: Callable[[str, str, str | None, int], str] | None = None
_marks: dict[int, int] = _MARKS["en"]
_installed: list[QTranslator] = []


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """``text`` in the person's language. ``comment`` tells apart what English says in one word;
    ``n`` stands where the text has ``%n`` (``%Ln``: with marks between thousands), and decides
    between singular and plural, which English writes "chat(s)" in the code. What else changes
    stands as ``{name}``, for `str.format`: a translator may move it.

    Only literal texts are found by the tools, and only when they are spoken: a constant of a
    module would be translated before the language is known.
    """
    if _translate is None:
        return counted(text, n)
    return _translate("", text, comment or None, n)


def counted(text: str, n: int) -> str:
    """The English for a number, where the plural is a regular one."""
    plural = text.replace("(s)", "" if n == 1 else "s")
    return plural.replace("%Ln", f"{n:,}").replace("%n", str(n))


def number(value: float, decimals: int = 0) -> str:
    """``value`` as the language writes it: "12,345.6", "12.345,6"."""
    return f"{value:,.{decimals}f}".translate(_marks)


def install(application: QCoreApplication, wanted: str) -> None:
    """Has the window speak ``wanted``, one of `LANGUAGES`, or for "" what the system speaks,
    as far as it can. What was made before keeps its language."""
    global _translate, _marks
    from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

    system = QLocale.system()
    preferred = [wanted, *(name.split("-")[0] for name in system.uiLanguages()), "en"]
    language = next(code for code in preferred if code in LANGUAGES)
    same = system.name().split("_")[0] == language
    QLocale.setDefault(system if same else QLocale(language))
    while _installed:
        application.removeTranslator(_installed.pop())
    of_qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (
        (f"qtbase_{language}", of_qt),
        (language, str(resource("translations"))),
    ):
        translator = QTranslator(application)
        if translator.load(name, folder):
            application.installTranslator(translator)
            _installed.append(translator)
    _translate, _marks = QCoreApplication.translate, _MARKS[language]
