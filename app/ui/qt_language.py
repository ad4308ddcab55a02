"""The language of Qt's own texts (buttons of dialogs) and number formats."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.wording import language

_installed: list[QTranslator] = []


def code_of(wanted: str) -> str:
    """Return the code of the language ``wanted``, or for "" of the system's."""
    return language.choose(wanted, QLocale.system().uiLanguages())


def install(application: QCoreApplication, wanted: str) -> str:
    """Use the language ``wanted``, one of `language.LANGUAGES`, or for "" the system's.

    Returns the code of the one that is used: English where the system's is none of them. Widgets
    that exist already keep their language.
    """
    system, code = QLocale.system(), code_of(wanted)
    same = system.name().split("_")[0] == code
    QLocale.setDefault(system if same else QLocale(code))
    while _installed:
        application.removeTranslator(_installed.pop())
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{code}", folder):
        application.installTranslator(translator)
        _installed.append(translator)
    language.use(code)
    return code
