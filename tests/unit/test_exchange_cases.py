"""Chats of other programs in their real files.

Each input of tests/cases/imports, with what is imported and what is reported as left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.types import Part, PartKind
from app.exchange import ImportSource, OmissionReason, read
from app.store import ChatRow, ChatSettings, State, Store

CASES = Path(__file__).parents[1] / "cases" / "imports"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def bring(store: Store, *names: str) -> dict[OmissionReason, int]:
    """Import cases twice, the second time without effect; return what was left out."""
    found = read([CASES / name for name in names])
    assert found.into(store).chats == found.chats
    again = found.into(store)
    assert (again.chats, again.duplicates) == (0, found.chats)
    return dict(found.left_out)


def chat_named(store: Store, title: str) -> ChatRow:
    (row,) = (row for row in (*store.chats.listed(), *store.chats.archived()) if row.title == title)
    return row


def parts(store: Store, title: str) -> list[tuple[Part, ...]]:
    """Return the parts of each message on the current branch."""
    return [row.message.parts for row in store.messages.conversation(chat_named(store, title).id)]


def final(text: str, name: str = "") -> Part:
    return Part(text, PartKind.FILE, name) if name else Part(text)


def thought(text: str) -> Part:
    return Part(text, PartKind.REASONING)


def aside(text: str) -> Part:
    return Part(text, format_data="commentary")


def test_custom_instructions_of_chatgpt(store: Store) -> None:
    assert bring(store, "chatgpt-custom-instructions.json") == {}
    row = chat_named(store, "Salt")
    assert row.setup == ChatSettings("I sail.\n\nAnswer in verse.")
    question, answer = store.messages.conversation(row.id)
    assert question.message.parts == (final("Why is the sea salty?"),)
    assert answer.message.parts == (
        thought("**Rivers**\n\nRivers carry ions."),
        final("Rivers bring salt."),
    )
    assert (answer.thought_s, answer.model) == (7, "o3")


def test_canvas_marks_and_projects_of_chatgpt(store: Store) -> None:
    assert bring(store, "chatgpt-canvas.json") == {
        OmissionReason.TOOL: 1,
        OmissionReason.CITATION: 1,
        OmissionReason.FOLDER: 1,
    }
    row = chat_named(store, "Letter")
    assert (row.pinned, row.archived, row.folder) == (True, True, "ChatGPT b2c3d4")
    _, answer = store.messages.conversation(row.id)
    assert answer.model == "gpt-4o"  # named only by the conversation
    assert answer.message.parts == (
        final("**Letter**"),
        final("Dear **Ann**,\n\nhello."),
        final("**add**"),
        final("```python\nprint(1 + 1)\n```"),
        final("```\nprint(2)\n```"),
        final(
            "It is ready ([Example](https://example.org)) for Ann. "
            "See [this](https://example.org/a) and that"
        ),
    )


def test_what_others_write_in_the_form_of_chatgpt(store: Store) -> None:
    """Files without content types and model names.

    Also speech, unnamed pictures, deep research, split thoughts, and times in words only.
    """
    assert bring(store, "chatgpt-bare.json") == {
        OmissionReason.IMAGE: 1,
        OmissionReason.AUDIO: 1,
        OmissionReason.TOOL: 1,
    }
    row = chat_named(store, "Bare")
    assert row.setup == ChatSettings("Be kind.")
    assert parts(store, "Bare") == [
        (final("Hello?"),),
        (final("Hi."),),
        (final("And you?"), final("[file_2]")),
        (thought("Let me see."), final("# Report\n\nFine."), final("Well.")),
    ]
    *_, answer = store.messages.conversation(row.id)
    assert (answer.thought_s, answer.state) == (65, State.STOPPED)


def test_steps_of_open_webui(store: Store) -> None:
    assert bring(store, "openwebui-0.10-output.json") == {OmissionReason.TOOL: 1}
    _, answer = parts(store, "tool turn, content empty")
    assert answer == (
        thought("Need the plan."),
        final("Let me look."),
        final("The mast is 24 m tall."),
    )
    _, answer = parts(store, "plain turn, reasoning only in output")
    assert answer == (thought("From the plan: 24 m."), final("The mast is 24 m tall."))
    _, row = store.messages.conversation(
        chat_named(store, "plain turn, reasoning only in output").id
    )
    assert row.thought_s == 3


def test_what_else_open_webui_has(store: Store) -> None:
    assert bring(store, "openwebui-0.10-all.json") == {
        OmissionReason.IMAGE: 1,
        OmissionReason.FILE: 1,
        OmissionReason.TOOL: 1,
        OmissionReason.CITATION: 1,
        OmissionReason.TAG: 2,
        OmissionReason.FOLDER: 1,
        OmissionReason.UNKNOWN: 1,
    }
    row = chat_named(store, "Kept")
    assert (row.pinned, row.archived, row.folder) == (True, False, "Open WebUI 567890")
    assert row.setup == ChatSettings("Talk like a sailor.")
    assert parts(store, "Kept") == [
        (final("Wind: 5", "log.txt"), final("Read this"), final("[Charts]")),
        (
            thought("Five."),
            aside("```python\nprint(5)\n```"),
            aside("```\n5\n```"),
            final("Wind five.\nNo more."),
        ),
    ]


def test_the_export_of_one_folder_of_open_webui(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "folder-Boats & masts-export-1750000000000.json"
    path.write_bytes((CASES / "openwebui-0.10-all.json").read_bytes())
    found = read(path)
    assert OmissionReason.FOLDER not in found.left_out
    found.into(store)
    assert chat_named(store, "Kept").folder == "Boats & masts"


def test_lm_studio(store: Store) -> None:
    assert bring(store, "lmstudio-tools.conversation.json") == {
        OmissionReason.FILE: 1,
        OmissionReason.TOOL: 1,
        OmissionReason.NOTE: 1,
    }
    row = chat_named(store, "Files")
    assert (row.pinned, row.folder, row.setup) == (True, "", ChatSettings("Be exact."))
    assert parts(store, "Files") == [
        (final("How many files?"), final("[list.csv]")),
        (thought("I count them."), final("Two.")),
    ]
    assert store.messages.conversation(row.id)[1].thought_s == 2.5


@pytest.mark.parametrize("above", [(), ("conversations",), ("user", ".lmstudio", "conversations")])
@pytest.mark.parametrize("chosen", ["folder", "file", "archive"])
def test_folders_of_lm_studio(
    store: Store, tmp_path: Path, above: tuple[str, ...], chosen: str
) -> None:
    import zipfile

    top = tmp_path.joinpath("home", *above)
    path = top / "Work" / "Ships" / "1760000000000.conversation.json"
    path.parent.mkdir(parents=True)
    path.write_bytes((CASES / "lmstudio-tools.conversation.json").read_bytes())
    expected = "Work / Ships"
    if chosen == "file":
        expected = expected if above else ""  # nothing says where the folders begin
        top = path
    elif chosen == "archive":
        top = tmp_path / "home.zip"
        with zipfile.ZipFile(top, "w") as archive:
            name = path.relative_to(tmp_path / "home").as_posix()
            archive.write(path, name)
    read(top).into(store)
    assert chat_named(store, "Files").folder == expected


def test_claude(store: Store) -> None:
    left = bring(store, "claude.json", "claude-project.json")
    assert left == {
        OmissionReason.IMAGE: 1,
        OmissionReason.FILE: 2,  # one of a message, one of the project
        OmissionReason.TOOL: 1,
        OmissionReason.CITATION: 1,
        OmissionReason.NOTE: 1,
        OmissionReason.CHAT: 1,
    }
    row = chat_named(store, "Pumps")
    question, answer, thanks = store.messages.conversation(row.id)
    assert question.message.parts == (
        final("A: 3 bar\nB: 5 bar", "pumps.txt"),
        final("Pasted words", "pasted.txt"),
        final("Which pump?"),
        final("[pump.png] [plan.pdf]"),
    )
    assert answer.message.parts == (
        thought("5 bar is more."),
        final("Take B."),
        final("**The plan**"),
        final("# Plan\n\nBuy B."),
        aside("```\nconsole.log(5)\n```"),
        aside("```\n5\n```"),
    )
    assert answer.thought_s == 4
    assert thanks.message.parts == (final("Thanks"),)
    others = [store.messages.get(m).message.text for m in store.messages.versions(answer.id)]
    assert others[0] == "Take A."
    assert (row.created, row.updated) == (1767607200.123456, 1767607740.0)


def test_a_project_of_claude(store: Store) -> None:
    """It is in another file than its chats, and may come before or after them."""
    for names in (("claude.json", "claude-project.json"), ("claude-project.json", "claude.json")):
        bring(store, *names)
        row = chat_named(store, "Write a haiku")
        assert (row.pinned, row.folder) == (True, "Poems")
        assert row.setup == ChatSettings("Five, seven, five.")
        for chat in store.chats.listed():
            store.bin.put(chat.id)
        store.bin.purge(0)
    assert (
        bring(store, "claude.json")[OmissionReason.FOLDER] == 1
    )  # only the project's key is known
    row = chat_named(store, "Write a haiku")
    assert row.folder == "Claude p1"
    assert parts(store, "Write a haiku")[1] == (
        thought("Short lines."),
        final("Here:"),
        final("**Haiku**"),
        final("```text\nsea\n```"),
        final("Done."),
    )


def test_what_nobody_knows_of_is_counted(store: Store) -> None:
    """Every format: unknown answer fields without known text, and unknown text beside it."""
    found = read(CASES / "unknown-fields.json")
    assert dict(found.sources) == {
        ImportSource.CHATGPT: 1,
        ImportSource.CLAUDE: 1,
        ImportSource.OPEN_WEBUI: 1,
        ImportSource.LM_STUDIO: 1,
    }
    assert found.left_out == {OmissionReason.UNKNOWN: 5}
    assert found.messages == 5
