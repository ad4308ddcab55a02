"""Files that come with a message: on their way in, in the composer, and in the conversation."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton

from app.base.errors import StoreFull
from app.base.types import Message, Part, Role
from tests.ui.driver import Fireside, answer

FILE = Part("apples\npears", name="fruit.txt")


def ask(fireside: Fireside, *parts: Part) -> None:
    fireside.script(*answer("Fruit."))
    fireside.window.composer.set_parts(parts)
    fireside.find(QAbstractButton, "send").click()
    fireside.shows("Fruit.")
    fireside.idle()


def test_a_file_is_sent_with_the_words_or_without(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("What is it?\n"))
    ask(fireside, FILE)
    asked = fireside.backend.requests[-1].messages
    assert asked[0] == Message(Role.USER, (FILE, Part("What is it?")))
    assert asked[2] == Message(Role.USER, (FILE,))
    assert fireside.window.composer.parts() == ()


def test_a_draft_keeps_its_files(fireside: Fireside) -> None:
    ask(fireside, Part("a question"))
    draft = (FILE, Part("half a thought"))
    window = fireside.window
    window.composer.set_parts(draft)
    chat = window._chat
    window.new_chat()
    assert window.composer.parts() == ()
    window.open_chat(chat)
    assert window.composer.parts() == draft


def test_an_edited_message_has_its_files_again(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("What is it?"))
    window = fireside.window
    window.composer.set_parts((Part("half a thought"),))
    fireside.find(QAbstractButton, "editMessage").click()
    assert window.composer.parts() == (FILE, Part("What is it?"))
    fireside.find(QAbstractButton, "endEdit").click()
    assert window.composer.parts() == (Part("half a thought"),)


def test_what_cannot_be_stored_comes_back(fireside: Fireside, monkeypatch) -> None:
    def full(*_, **__):
        raise StoreFull(fireside.host.folders.chats)

    monkeypatch.setattr(fireside.host._store, "ask", full)
    window = fireside.window
    window.composer.set_parts((FILE, Part("What is it?")))
    fireside.find(QAbstractButton, "send").click()
    window.composer.set_parts((Part("and more"),))
    fireside.until(window.banner.isVisible)
    assert window.composer.parts() == (FILE, Part("What is it?\n\nand more"))
