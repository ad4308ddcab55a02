"""Drafts are kept until the next start."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton

from app.base.errors import StoreFull
from app.base.types import Part, PartKind
from app.store import StoredDraft
from app.ui.composer import draft_keeper
from tests.ui.driver import Fireside, Start, answer, make

FILE = Part("apples\npears", PartKind.FILE, "fruit.txt")


def text(fireside: Fireside) -> str:
    return fireside.window.composer.editor.toPlainText()


def kept(fireside: Fireside) -> dict[int | None, StoredDraft]:
    return fireside.stored(lambda store: store.drafts.all())


def test_what_is_typed_is_stored_while_one_types(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside.window.chat_area.drafts._timer.setInterval(100)
    for number in range(60):  # without a pause
        fireside.type(f"word {number} ")
        if kept(fireside):
            break
    assert kept(fireside)[None].parts[0].text.startswith("word 0 ")
    fireside.until(lambda: kept(fireside)[None] == StoredDraft((Part(text(fireside)),)))
    assert draft_keeper.SOON_MS == 1000


def test_every_chat_has_its_own_at_the_next_start(start: Start) -> None:
    fireside = start()
    make(fireside, "apples", "pears")
    pears = fireside.chat
    fireside.window.composer.set_parts((FILE, Part("half a pear")))
    fireside.window.new_chat()
    fireside.type("something new")
    fireside.window.open_chat(pears)

    again = start()
    again.shows("About pears.")
    assert again.window.composer.parts() == (FILE, Part("half a pear"))
    again.window.new_chat()
    assert text(again) == "something new"
    apples = next(chat for chat in again.window.state.index.rows if chat != pears)
    again.window.open_chat(apples)
    assert text(again) == ""
    again.window.new_chat()
    again.window.composer.set_parts(())
    again.window.open_chat(pears)

    third = start()
    third.shows("About pears.")
    assert third.window.composer.parts() == (FILE, Part("half a pear"))
    third.window.new_chat()
    assert text(third) == ""


def test_the_first_start_without_a_chat_has_it_too(start: Start) -> None:
    start().type("half a thought")
    again = start()
    again.until(lambda: text(again) == "half a thought")
    assert again.window.chat is None


def test_what_is_sent_is_no_draft_any_more(fireside: Fireside) -> None:
    fireside.type("half a thought")
    fireside.window.chat_area.drafts.keep()
    assert list(kept(fireside)) == [None]
    fireside.ask(" and the rest", *answer("An answer."))
    fireside.shows("An answer.")
    fireside.idle()
    assert kept(fireside) == {}


def test_what_is_typed_before_the_chat_exists_goes_along(fireside: Fireside) -> None:
    held = fireside.hold()
    fireside.host.disk(lambda _: held.wait())
    fireside.ask("one", *answer("first"))
    fireside.type("half a thought")
    fireside.window.chat_area.drafts.keep()
    held.set()
    fireside.shows("first")
    fireside.idle()
    fireside.window.chat_area.drafts.keep()
    assert kept(fireside) == {fireside.window.chat: StoredDraft((Part("half a thought"),))}
    fireside.window.new_chat()
    assert text(fireside) == ""


def test_an_edit_and_what_was_typed_before_it_are_kept(start: Start) -> None:
    fireside = start()
    make(fireside, "about apples")
    fireside.type("half a thought")
    fireside.find(QAbstractButton, "editMessage").click()
    fireside.type(", again")
    again = start()
    again.shows("About about apples.")
    assert text(again) == "about apples, again\n\nhalf a thought"


def test_what_is_typed_before_the_old_draft_is_there(start: Start) -> None:
    fireside = start()
    fireside.type("from before")
    again = start()
    # As with a slow disk at the start.
    again.window.composer.set_parts((Part("quick"),))
    again.window.chat_area.drafts.load({None: StoredDraft((Part("from before"),))})
    assert text(again) == "from before\n\nquick"


def test_a_full_disk_is_told_once_and_tried_again(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreFull(fireside.host.folders.chats)

    window = fireside.window
    with monkeypatch.context() as patched:
        patched.setattr(fireside.host._store.drafts, "set", full)
        fireside.type("half")
        window.chat_area.drafts.keep()
        fireside.until(window.banner.isVisible)
        window.banner.hide()
        fireside.type(" a")
        window.chat_area.drafts.keep()
        fireside.stored(lambda store: None)
        assert not window.banner.isVisible()
    fireside.type(" thought")
    window.chat_area.drafts.keep()
    assert kept(fireside) == {None: StoredDraft((Part("half a thought"),))}


def test_a_chat_that_is_erased_takes_its_draft_along(fireside: Fireside) -> None:
    make(fireside, "apples")
    chat = fireside.chat
    fireside.type("half a thought")
    fireside.stored(lambda store: store.bin.erase([chat]))
    fireside.window.chat_area.drafts.keep()
    assert kept(fireside) == {}
    assert not fireside.window.banner.isVisible()
