"""The window's language."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QScrollArea,
    QWidget,
)

from app.ui import qt_language
from app.ui.controls import Elided
from app.ui.conversation.transcript import Transcript
from app.ui.palette.shortcut_list import ShortcutList
from app.ui.preferences import about_page
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.restart import Restart
from app.wording import language
from app.wording.errors import Action
from app.wording.language import number, tr
from installers import translations
from tests.ui.driver import Fireside, Start, answer, done, said
from tests.ui.qt import child, settle


@pytest.fixture(autouse=True)
def english(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()  # otherwise it would be the tests' English
    qt_language.install(qapp, "en")


def test_what_is_compiled_is_what_was_translated(tmp_path: Path) -> None:
    translations.compile_all(translations.FOLDER, tmp_path)
    for code in translations.LANGUAGES:
        texts = []
        for folder in (translations.FOLDER, tmp_path):
            with (folder / f"{code}.mo").open("rb") as file:
                texts.append(vars(GNUTranslations(file))["_catalog"])
        assert len(texts[0]) > 500
        texts[0].pop("")  # Babel generates a part of that entry
        texts[1].pop("")
        assert texts[0] == texts[1]


def test_a_language_is_installed_and_another_takes_its_place(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "de.po").write_text(DE, "utf-8")
    translations.compile_all(tmp_path, tmp_path)
    monkeypatch.setattr(language, "resource", lambda _, name: tmp_path / name)

    qt_language.install(qapp, "de")
    assert tr("Quit") == "Beenden"
    assert tr("Open", "as an adjective") == "Offen"
    assert tr("Open") == "Open"  # not in the catalogue
    assert [tr("%Ln chat(s)", "", n) for n in (1, 2000)] == ["1 Gespräch", "2.000 Gespräche"]
    assert [tr("%n file(s)", "", n) for n in (1, 2)] == ["1 file", "2 files"]
    assert number(0.5, 1) == "0,5"
    assert QLocale().language() == QLocale.Language.German
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.buttons()[0].text() == "Abbrechen"  # Qt's own texts, too

    qt_language.install(qapp, "en")
    assert tr("Quit") == "Quit"
    assert [tr("%Ln chat(s)", "", n) for n in (1, 2000)] == ["1 chat", "2,000 chats"]


def test_the_system_says_which_language(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    for spoken, expected in ((["fr-FR", "de-AT", "en"], "0,5"), (["fr", "C"], "0.5")):
        monkeypatch.setattr(QLocale, "uiLanguages", lambda _, spoken=spoken: spoken)
        qt_language.install(qapp, "")
        assert number(0.5, 1) == expected
        qt_language.install(qapp, "xx")  # from a later version
        assert number(0.5, 1) == expected


def test_the_language_is_chosen_for_the_next_start(start: Start) -> None:
    fireside = start()
    dialog = preferences(fireside)
    assert child(dialog, QAbstractButton, "languageSystem").isChecked()
    child(dialog, QAbstractButton, "languageDe").click()
    assert fireside.host.settings.language == "de"
    dialog.close()
    settle()
    dialog = preferences(fireside)
    assert child(dialog, QAbstractButton, "restart").isVisible()
    child(dialog, QAbstractButton, "languageEn").click()
    assert not child(dialog, QAbstractButton, "restart").isVisible()
    child(dialog, QAbstractButton, "languageDe").click()
    asked: list[object] = []
    fireside.window.again.connect(asked.append)
    child(dialog, QAbstractButton, "restart").click()
    assert [type(why) for why in asked] == [Restart]
    again = start()
    assert again.host.settings.language == "de"
    assert child(preferences(again), QAbstractButton, "languageDe").isChecked()


NAMES = {
    "CSV",
    "Python",
    "Markdown",
    "English",
    "Deutsch",
    "Fireside",
    "gpt-oss-20b",
    "gpt-oss-120b",
}
NAMES |= {"Hugging Face"}


def test_nothing_stays_english(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a language in which every translated word is marked."""
    monkeypatch.setattr(
        language, "_translate", lambda text, comment, n: f"⟦{language.counted(text, n)}⟧"
    )
    fireside = start()
    fireside.ask("hello", *answer("It is ⟦\n\n```\n⟦\n```\n\n| ⟦ |\n|---|\n| ⟦ |"))
    fireside.shows("It is")
    fireside.idle()
    fireside.window.transcript.open_find()
    preferences(fireside)
    fireside.window.model_area.model_picker.show_here()
    windows = QApplication.topLevelWidgets()
    found = {
        (widget.objectName(), text)
        for widget in (*windows, *(w for each in windows for w in each.findChildren(QWidget)))
        for text in _said(widget)
        if "⟦" not in text and any(map(str.isalpha, text)) and text.partition(" · ")[0] not in NAMES
    }
    # Names and paths that are not the window's own texts.
    own = {
        "modelPicker",
        "version",
        "dataFolder",
        "downloadFolder",
        "webProvider",
        "searxngAddress",
        "serverAddress",
        "snippetChoice",
    }
    own |= {"sendWithEnter", "sendWithCtrl", "hubToken", "hubAddress", "endpointAddress"}
    own |= {f"suggestion{number}" for number in range(1, 5)}  # the demo model knows English
    assert {each for each in found if each[0] not in own} == set()


SMALLEST = QSize(512, 640)


def test_german_has_room_in_the_smallest_windows(
    start: Start, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    qt_language.install(qapp, "de")
    fireside = start()
    window = fireside.window
    window.resize(SMALLEST)
    fireside.find(QAbstractButton, "suggestion1")
    _has_room(fireside, window)
    held = fireside.hold()
    fireside.ask("hello", said("It is"), held, done())
    fireside.shows("It is")
    fireside.ask("next")
    fireside.find(QAbstractButton, "withdrawQueued")
    fireside.type("half a thought")
    window.transcript.open_find()
    window.banner.show_sentence("Etwas ging schief. " * 6, Action.CHOOSE_MODEL)
    window.composer.set_editing(True)
    _has_room(fireside, window)
    card = child(window.composer, QWidget, "composerCard")
    assert card.height() >= card.minimumSizeHint().height()
    window.new_chat()
    window.banner.show_fault("Etwas ging schief. " * 6)
    _has_room(fireside, window)
    for tab in ("archive", "bin"):
        window.library.archive.show_page(tab)
        _has_room(fireside, window)
    window.model_area.model_picker.show_page()
    for pane in ("get", "here", "network"):
        window.model_area.models_controller.page.show_pane(pane)
        _has_room(fireside, window)
    window.library.palette_controller.show_keys()
    _has_room(fireside, child(window, ShortcutList))
    monkeypatch.setattr(about_page, "REPOSITORY", "some/fireside")
    window.preferences.about()
    child(window, QAbstractButton, "openRelease").show()  # as if there were an update
    _has_room(fireside, child(window, about_page.AboutPage))
    dialog = preferences(fireside)
    pages = child(dialog, QListWidget, "preferencePages")
    for number_of_page in range(pages.count()):
        pages.setCurrentRow(number_of_page)
        for new in dialog.findChildren(QAbstractButton, "newPreset"):
            new.click()
        _has_room(fireside, dialog)


def _has_room(fireside: Fireside, window: QWidget) -> None:
    """Check that no button is cut off and nothing scrolls beyond the right edge."""
    window.resize(window.minimumSize().expandedTo(SMALLEST))
    fireside.qtbot.wait(50)
    fireside.qtbot.waitUntil(lambda: _check_room(window))  # a layout may be on its way


def _check_room(window: QWidget) -> None:
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            size, needed = button.size(), button.minimumSizeHint()
            assert size.width() >= needed.width(), (button.objectName(), button.text())
            assert size.height() >= needed.height(), (button.objectName(), button.text())
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text() and not isinstance(label, Elided):
            needed = label.minimumSizeHint()
            assert label.width() >= needed.width(), label.text()
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    for area in window.findChildren(QScrollArea):
        inner = area.widget()
        if area.isVisible() and inner:
            wide = inner.minimumSizeHint().width()
            assert wide <= area.viewport().width(), (area, inner.objectName())


def _said(widget: QWidget) -> Iterator[str]:
    for name in ("text", "placeholderText"):
        if callable(getattr(widget, name, None)) and not isinstance(widget, Transcript):
            yield getattr(widget, name)()
    yield from (widget.toolTip(), widget.accessibleName(), widget.windowTitle())
    yield from (action.text() for action in widget.actions())


def preferences(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open()
    return child(fireside.window, PreferencesDialog)


DE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Quit"
msgstr "Beenden"

msgctxt "as an adjective"
msgid "Open"
msgstr "Offen"

msgid "%Ln chat(s)"
msgid_plural "%Ln chat(s)"
msgstr[0] "%Ln Gespräch"
msgstr[1] "%Ln Gespräche"
"""
