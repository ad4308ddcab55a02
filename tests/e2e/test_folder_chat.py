"""A whole chat over a folder, in a process of its own: unasked, cited, and without a socket."""

from __future__ import annotations

from pathlib import Path

from app.tools.browser.files.folder_address import address_of
from tests.folders.traced import can_trace, chat

ADDRESS = address_of("Notes", "a.md")


def test_a_chat_over_a_folder_opens_no_socket(tmp_path: Path) -> None:
    notes, data = tmp_path / "Notes", tmp_path / "data"
    (notes / "sub").mkdir(parents=True)
    (notes / "a.md").write_text("# Copper\n\nCopper melts at 1085 degrees.\n", "utf-8")
    (notes / "sub" / "b.html").write_text("<a href='https://example.org/'>Tin</a>", "utf-8")
    had = chat(data, notes, "Copper melts at", trace=can_trace())
    assert (had.sockets, had.lookups) == ([], [])
    indexed, answer, nothing = had.lines
    assert indexed == {"documents": 2, "state": "ready"}
    assert answer["text"] == "Copper melts at【2†L3】."
    assert answer["outcomes"] == ["done"] * 3
    [_, (opened, lines), _] = answer["displays"]
    assert opened == ADDRESS
    assert lines[-1] == "Copper melts at 1085 degrees."
    assert nothing["text"] == "Nothing was found."
    # The folder was removed, and the chat erased: its pages are parts of it.
    left = {path.name: path.stat().st_size for path in data.iterdir()}
    assert left.keys() == {"chats.db", "lists.lock"}
    assert left["lists.lock"] <= 1
    assert b"Copper" not in (data / "chats.db").read_bytes()
