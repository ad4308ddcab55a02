"""Answers that hold calls, results, figures and files, in files."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.base.errors import ExchangeUnwritable
from app.base.settings import Settings
from app.base.types import Effort, Message, Outcome, Part, PartKind, ResultFacts, Role
from app.exchange import ExportFormat, ExportOptions, exporter, import_presets, read
from app.exchange.everything import export_everything
from app.exchange.exporter import export
from app.store import PLAIN, Preset, Store

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVIL = "<script>alert(1)</script> ![x](http://example.org/x.png)"
PARTS = (
    Part("I need **sums**.", PartKind.REASONING),
    Part("print(17 + 25)\nplot()", PartKind.CALL, "python", "call-1"),
    Part("42\n```\nstill output", PartKind.RESULT, "python", "call-1",
         facts=ResultFacts(seconds=1.5)),
    Part("", PartKind.MEDIA, "figure 1.png", "call-1", media_type="image/png", data=PNG),
    Part("Now the files.", PartKind.REASONING),
    Part("Looking it up.", PartKind.TEXT),
    Part('{"query":"ünïcode"}', PartKind.CALL, "functions.files__search", "call-2"),
    Part(EVIL, PartKind.RESULT, "functions.files__search", "call-2",
         facts=ResultFacts(Outcome.FAILED, 0.5, "short", 3, "nothing")),
    Part("", PartKind.MEDIA, "../a<b.csv", "call-2", media_type="text/csv", data=b"a,b\n"),
    Part("broken {", PartKind.CALL, "functions.other", "call-3"),
    Part("It is 42."),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


@pytest.fixture
def chat(store: Store) -> int:
    number = store.chats.create(Effort.LOW).id
    asked = store.messages.add(number, None, Message(Role.USER, (Part("How much?"),)))
    store.messages.add(number, asked.id, Message(Role.ASSISTANT, PARTS), model="m")
    return number


def test_markdown_has_files_beside_it(store: Store, chat: int, tmp_path: Path) -> None:
    options = ExportOptions(ExportFormat.MARKDOWN, reasoning=True)
    path = export(store, tmp_path / "out", "Sums", options, [chat])
    text = path.read_text("utf-8").split("## m\n\n")[1]
    links = re.findall(r"\]\(([^)]*)\)", text.replace(EVIL, ""))
    assert [unquote(link) for link in links] == ["Sums_files/figure 1.png", "Sums_files/a b.csv"]
    assert [(path.parent / unquote(link)).read_bytes() for link in links] == [PNG, b"a,b\n"]
    assert text == (
        "> *Reasoning*\n> \n> I need **sums**.\n\n"
        "**Python**\n\n```python\nprint(17 + 25)\nplot()\n```\n\n"
        "*Output*\n\n````\n42\n```\nstill output\n````\n\n"
        "![figure 1.png](Sums_files/figure%201.png)\n\n"
        "> *Reasoning*\n> \n> Now the files.\n\n"
        "Looking it up.\n\n"
        '**files.search**\n\n```json\n{\n  "query": "ünïcode"\n}\n```\n\n'
        f"*Output*\n\n```\n{EVIL}\n```\n\n"
        "[../a\\<b.csv](Sums_files/a%20b.csv)\n\n"
        "**other**\n\n```\nbroken {\n```\n\n"
        "It is 42.\n"
    )
    again = export(store, tmp_path / "out", "Sums", options, [chat])
    assert "(Sums%20%282%29_files/figure%201.png)" in again.read_text("utf-8")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "Sums.md", "Sums_files", "Sums (2).md", "Sums (2)_files"
    }  # fmt: skip


def test_without_reasoning_there_are_words_and_figures(
    store: Store, chat: int, tmp_path: Path
) -> None:
    for form in (ExportFormat.MARKDOWN, ExportFormat.HTML):
        text = export(store, tmp_path / "out", "Sums", ExportOptions(form), [chat]).read_text()
        assert "print(" not in text
        assert "still output" not in text
        assert "sums" not in text
        assert text.index("figure 1.png") < text.index("Looking it up.") < text.index("It is 42.")


def test_nothing_is_left_when_a_file_cannot_be_written(
    store: Store, chat: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exporter.replacing

    def failing(path: Path) -> contextlib.AbstractContextManager[object]:
        if path.suffix == ".md":
            raise ExchangeUnwritable(path, "full")
        return whole(path)

    monkeypatch.setattr(exporter, "replacing", failing)
    with pytest.raises(ExchangeUnwritable):
        export(store, tmp_path / "out", "Sums", ExportOptions(ExportFormat.MARKDOWN), [chat])
    assert list((tmp_path / "out").iterdir()) == []


def test_html_holds_all_and_loads_nothing(store: Store, chat: int, tmp_path: Path) -> None:
    options = ExportOptions(ExportFormat.HTML, reasoning=True)
    text = export(store, tmp_path / "out", "Sums", options, [chat]).read_text("utf-8")
    picture = (
        f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}" alt="figure 1.png">'
    )
    assert picture in text
    assert (
        '<a href="data:application/octet-stream;base64,YSxiCg==" download="../a&lt;b.csv">' in text
    )
    assert "<summary>Python</summary>" in text
    assert "<summary>files.search</summary>" in text
    assert "<script" not in text
    assert "img-src data:;" in text
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []


def test_json_brings_all_of_it_back(store: Store, chat: int, tmp_path: Path) -> None:
    path = export(store, tmp_path, "all", ExportOptions(ExportFormat.JSON))
    assert '"data": "iVBOR' in path.read_text("utf-8")
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read([path]).into(other)
        (row,) = other.chats.listed()
        assert other.messages.conversation(row.id)[-1].message.parts == PARTS
        assert row.setup.tools == ()


def test_a_fork_has_all_of_it(store: Store, chat: int) -> None:
    answer = store.messages.conversation(chat)[-1]
    store.chats.set_up(chat, store.chats.get(chat).setup)
    fork = store.messages.fork(answer.id)
    assert fork.setup == store.chats.get(chat).setup
    assert store.messages.conversation(fork.id)[-1].message == answer.message


def test_nothing_that_decides_goes_out(store: Store, chat: int, tmp_path: Path) -> None:
    key = "mcp:secretserver"
    store.consents.set(None, key, "write", "pinned", "always")
    store.consents.set(chat, key, "read", "pinned", "chat")
    store.chats.set_up(chat, replace(store.chats.get(chat).setup, tools=(key,)))
    store.presets.add([Preset(0, "Mine", tools=(key,))])
    path = export_everything(store, Settings(python=False), tmp_path / "all.zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        whole = b"\n".join(map(archive.read, names))
        assert "python" not in json.loads(archive.read("settings.json"))
    assert b"secretserver" not in whole
    assert b"pinned" not in whole.replace(b'"pinned": false', b"")


def test_nothing_that_decides_comes_in(store: Store, chat: int, tmp_path: Path) -> None:
    path = export(store, tmp_path, "all", ExportOptions(ExportFormat.JSON))
    raw = json.loads(path.read_text("utf-8"))
    claims = {"tools": ["python", "mcp:evil"], "imported": False, "consents": [{"tool": "x"}]}
    raw["chats"][0] |= claims
    path.write_text(json.dumps(raw), "utf-8")
    presets = {"format": "fireside-presets", "version": 1, "presets": [
        {"name": "Evil", "effort": "low", "tools": ["mcp:evil"]}
    ]}  # fmt: skip
    (tmp_path / "p.json").write_text(json.dumps(presets), "utf-8")
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read([path]).into(other)
        (row,) = other.chats.listed()
        assert (row.setup.tools, row.imported) == ((), True)
        assert other.consents.all() == []
        import_presets(other, tmp_path / "p.json")
        assert [preset.tools for preset in other.presets.all()] == [PLAIN.tools]
