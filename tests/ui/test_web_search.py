"""The section about searching the web: the search engine, its key or address, and a test."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPushButton

from app.base.secrets import SecretPlace
from app.tools.browser.source import Hit, SourceFault
from app.tools.browser.web.brave import BRAVE
from app.tools.browser.web.provider import SearchRefusal, SearchRefused
from app.ui.choices import Switch
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@dataclass
class StillWeb:
    """A web that answers a search by what it is told."""

    hits: Sequence[Hit] = ()
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        self.asked.append(query)
        if self.fault:
            raise SourceFault("for the model") from self.fault
        return self.hits


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open("toolsPage")
    return child(fireside.window, PreferencesDialog, "preferences")


def choose(fireside: Fireside, dialog: PreferencesDialog, name: str) -> None:
    child(dialog, QPushButton, "webProvider").click()
    menu = fireside.find(QMenu, "webProviderMenu", last=True)
    next(action for action in menu.actions() if action.text().startswith(name)).trigger()
    menu.close()


def _says(label: QLabel, text: str) -> bool:
    return label.text() == text


def test_wikipedia_needs_no_key_and_is_tried_on_a_click(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = StillWeb([Hit("https://en.wikipedia.org/wiki/Fire", "Fire")] * 3)
    monkeypatch.setattr(fireside.host.tool_parts.web, "search", web.search)
    dialog = opened(fireside)
    assert child(dialog, QPushButton, "webProvider").text().strip() == "Wikipedia"
    assert not child(dialog, QLineEdit, "webKey").isVisible()
    assert (
        child(dialog, QLabel, "webSent")
        .text()
        .startswith("The model’s searches are sent to Wikipedia.")
    )
    assert web.asked == []
    test, said = child(dialog, QPushButton, "testWeb"), child(dialog, QLabel, "webTested")
    test.click()
    fireside.until(lambda: re.fullmatch(r"It works: 3 results in \d+ s\.", said.text()))
    assert len(web.asked) == 1
    for why, sentence in (
        (SearchRefusal.KEY, "Wikipedia rejected the key."),
        (
            SearchRefusal.PERSON,
            "Wikipedia asks to verify you’re human, so it can’t be used right now.",
        ),
    ):
        web.fault = SearchRefused(why)
        fireside.until(test.isEnabled)
        test.click()
        fireside.until(partial(_says, said, sentence))
    dialog.close()


def test_a_key_goes_to_the_secrets_and_is_not_shown_again(fireside: Fireside) -> None:
    dialog = opened(fireside)
    choose(fireside, dialog, "Brave")
    assert fireside.host.settings.web_search == "brave"
    key, said = child(dialog, QLineEdit, "webKey"), child(dialog, QLabel, "webKeySaid")
    assert key.isVisible()
    key.setText("two words")
    key.editingFinished.emit()
    assert said.text() == "Keys can’t contain spaces or accented letters."
    key.setText("s3cret")
    key.editingFinished.emit()
    fireside.until(lambda: said.text().startswith("Saved in "))
    assert key.text() == ""
    assert fireside.host.secrets.get("brave_search_key") == "s3cret"
    choose(fireside, dialog, "Exa")
    assert said.isHidden()
    choose(fireside, dialog, "Brave")
    fireside.until(lambda: said.text().startswith("Saved in "))
    child(dialog, QPushButton, "removeWebKey").click()
    fireside.until(lambda: fireside.host.secrets.place("brave_search_key") is None)
    dialog.close()


def test_a_searxng_is_at_an_address(fireside: Fireside) -> None:
    dialog = opened(fireside)
    choose(fireside, dialog, "SearXNG")
    address = child(dialog, QLineEdit, "searxngAddress")
    address.setText("ftp://there")
    address.editingFinished.emit()
    assert child(dialog, QLabel, "searxngSaid").text() == (
        "Enter an address like http://localhost:8080."
    )
    assert fireside.host.settings.searxng_address == ""
    address.setText("localhost:8888/search")
    dialog.close()  # which commits it
    assert fireside.host.settings.searxng_address == "http://localhost:8888"


def test_the_offline_switch_beats_the_globe(fireside: Fireside) -> None:
    globe = fireside.find(QPushButton, "webToggle")
    globe.click()
    fireside.until(globe.isChecked)
    status = fireside.window.composer.status
    assert status.text().startswith("Web search is on")
    fireside.window.model_area.model_picker.show_page()
    offline = child(fireside.window, Switch, "offline")
    offline.turn(True)
    fireside.until(lambda: not globe.isEnabled())
    assert not globe.isChecked()
    assert globe.accessibleDescription() == "Web search: Network access is blocked."
    assert not status.text().startswith("Web search")
    assert "web" in fireside.window.state.tools.on  # and so again, once there is a network
    offline.turn(False)
    fireside.until(globe.isEnabled)
    assert globe.isChecked()


def test_the_key_that_was_just_given_is_tested(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's keyring takes longer than a click on Test."""
    secrets, keep = fireside.host.secrets, fireside.host.secrets.set
    asked = threading.Event()
    known: list[SecretPlace | None] = []

    def slow(name: str, value: str) -> SecretPlace:
        asked.wait(0.2)  # in which a search that does not wait would have been made
        return keep(name, value)

    def search(query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        known.append(secrets.place(BRAVE.secret))
        asked.set()
        return []

    monkeypatch.setattr(secrets, "set", slow)
    monkeypatch.setattr(fireside.host.tool_parts.web, "search", search)
    dialog = opened(fireside)
    choose(fireside, dialog, "Brave")
    child(dialog, QLineEdit, "webKey").setText("k-1")
    child(dialog, QPushButton, "testWeb").click()
    fireside.until(lambda: bool(known))
    assert known == [SecretPlace.FILE]
    fireside.until(child(dialog, QPushButton, "testWeb").isEnabled)
    dialog.close()


def test_a_test_of_one_search_engine_says_nothing_of_another(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def search(query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        assert go.wait(30)
        return []

    monkeypatch.setattr(fireside.host.tool_parts.web, "search", search)
    dialog = opened(fireside)
    test, said = child(dialog, QPushButton, "testWeb"), child(dialog, QLabel, "webTested")
    test.click()
    choose(fireside, dialog, "Brave")
    go.set()
    fireside.until(test.isEnabled)
    assert said.text() == ""
    dialog.close()
