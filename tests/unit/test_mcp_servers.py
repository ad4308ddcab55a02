"""The configuration of MCP servers, names, results and texts: all without a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import McpServerEnded, McpServerInputMissing, McpServersUnreadable
from app.tools.mcp import other_programs
from app.tools.mcp.approvals import Declaration, Start, difference
from app.tools.mcp.function_names import LONGEST, function_names, server_names
from app.tools.mcp.placeholders import filled, inputs
from app.tools.mcp.results import result_of
from app.tools.mcp.servers import Server, ServerFile, parse
from app.tools.visible import one_line, visible
from app.wording.brief_text import brief
from app.wording.errors import explain
from app.wording.tool_settings import tool_label

FILES = Server("files", "npx", ("-y", "server-filesystem", "/tmp"), (("A", "b"),))


# --- The forms of the file ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": {"files": ENTRY}}',
        '{"servers": {"files": ENTRY}, "inputs": [{"id": "x", "type": "promptString"}]}',
        '{"mcp": {"servers": {"files": ENTRY}}}',
        '{"files": ENTRY}',
        '"files": ENTRY,',
        '\ufeff// mine\n{"mcpServers": {"files": ENTRY, /* and no more */ },}',
        '{"mcpServers": {"files": ENTRY, "old": {"url": "https://x/sse", "type": "sse"}, "no": 3}}',
    ],
)
def test_every_form_is_read(text: str) -> None:
    entry = '{"command": "npx", "args": ["-y", "server-filesystem", "/tmp"], "env": {"A": "b"}}'
    found = parse(text.removeprefix("\ufeff").replace("ENTRY", entry))
    assert found.servers == (FILES,)
    assert found.unusable == (("old", "no") if "old" in text else ())


def test_a_single_server_is_named_after_what_it_is() -> None:
    for text, name in (
        ('{"command": "npx", "args": ["-y", "@a/server-files@latest", "/tmp"]}', "server-files"),
        ('{"url": "https://mcp.example.org:8000/mcp"}', "mcp.example.org"),
        ('{"command": "/usr/bin/thing.exe"}', "thing"),
    ):
        assert [server.name for server in parse(text).servers] == [name]


def test_addresses_have_headers_and_no_command() -> None:
    for key in ("url", "serverUrl", "httpUrl"):
        text = json.dumps({"mcpServers": {"web": {key: "https://x/", "headers": {"A": "b"}}}})
        assert parse(text).servers == (Server("web", url="https://x/", headers=(("A", "b"),)),)


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"a": 1}', "{" * 100_000, '{"a":'])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(McpServersUnreadable):
        parse(text)


def test_texts_that_are_made_to_be_slow_are_read_at_once() -> None:
    for text in ('"\\' * 200_000, "," + "/**/" * 5000, "/* " * 200_000, '{"a":1' + "," * 200_000):
        with pytest.raises(McpServersUnreadable):
            parse(text)
    assert inputs(Server("a", "${a:-" * 20_000)) == ()


def test_no_servers_are_none() -> None:
    assert parse('{"mcpServers": {}}').servers == ()


def test_what_is_not_known_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    entry = {"command": "npx", "disabled": True, "type": "stdio"}
    path.write_text(json.dumps({"mcpServers": {"a": entry, "b": 3}, "theme": "dark"}))
    file = ServerFile(path)
    assert [server.name for server in file.servers()] == ["a"]
    (server,) = file.servers()
    file.put(FILES)
    file.put(Server("renamed", "bunx", raw=server.raw), instead="a")
    assert json.loads(path.read_text()) == {
        "mcpServers": {
            "renamed": entry | {"command": "bunx"},
            "b": 3,
            "files": {
                "command": "npx",
                "args": ["-y", "server-filesystem", "/tmp"],
                "env": {"A": "b"},
            },
        },
        "theme": "dark",
    }
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    file.remove("renamed")
    assert [server.name for server in file.servers()] == ["files"]
    path.write_text(json.dumps({"mcpServers": {"c": {"url": "https://x"}}}))  # by another program
    assert [server.name for server in file.servers()] == ["c"]


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("{damaged")
    file = ServerFile(path)
    assert file.servers() == ()
    file.put(FILES)
    assert file.servers() == (FILES,)
    assert (tmp_path / "mcp.json.1.old").read_text() == "{damaged"


def test_other_programs_are_found(home: Path) -> None:
    entry = {"mcpServers": {"files": FILES.entry()}}
    code = {"projects": {"/x": {"mcpServers": {"mine": {"command": "y"}}}}} | entry
    config = {"win32": home / "roaming", "darwin": home / "Library/Application Support"}
    base = config.get(sys.platform, home / "config")
    data = {"win32": base, "darwin": base}.get(sys.platform, home / "data")
    for path, document in {
        base / "Claude/claude_desktop_config.json": entry,
        home / ".claude.json": code,
        home / ".cursor/mcp.json": entry,
        home / ".lmstudio/mcp.json": entry,
        data / "Jan/data/mcp_config.json": entry,
        base / "Code/User/mcp.json": {"servers": {"files": FILES.entry()}, "inputs": []},
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    found = other_programs.find()
    assert [each.program for each in found] == [
        "Claude Desktop", "Claude Code", "Cursor", "Jan", "LM Studio", "VS Code",
    ]  # fmt: skip
    assert all(each.servers[0] == FILES for each in found)
    assert [server.name for server in found[1].servers] == ["files", "mine"]


def test_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERE", "yes")
    server = Server(
        "files",
        "${userHome}/bin/x",
        ("${env:THERE}", "${THERE}", "${NOT_THERE:-no}", "$5", "${input:key}"),
    )
    assert inputs(server) == ("key",)
    done = filled(server, {"key": "secret"}.__getitem__)
    assert done.command == f"{Path.home()}/bin/x"
    assert done.args == ("yes", "yes", "no", "$5", "secret")
    with pytest.raises(McpServerInputMissing) as caught:
        filled(server, lambda _: "")
    assert caught.value.missing == ("key",)


# --- Names --------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=200), unique=True, max_size=8), st.text(min_size=1, max_size=60))
def test_names_are_identifiers_and_lead_back(functions: list[str], server: str) -> None:
    (mine,) = server_names([server]).values()
    names = function_names(mine, functions)
    assert names.keys() == set(functions)
    assert len(set(names.values())) == len(functions)
    for name in names.values():
        assert name.isascii()
        assert name.isidentifier()
        assert len(name) <= LONGEST
        assert name.partition("__")[0] == mine
    assert function_names(mine, functions[::-1]) == names


def test_names_of_two_servers_differ() -> None:
    names = server_names(["my-server", "my_server", "my__server", "日本"])
    assert list(names.values()) == ["my_server", "my_server_2", "my_server_3", "server"]
    assert function_names("a", ["get-env", "get_env"]) == {
        "get_env": "a__get_env",
        "get-env": "a__get_env_2",
    }


# --- Texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("a\u202eb\u2066c\x00\x1b[1m\r", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+0000⟩⟨U+001B⟩[1m⟨U+000D⟩"),
        ("a\u00a0b\u3164c\u200bd\U000e0041", "a⟨U+00A0⟩b⟨U+3164⟩c⟨U+200B⟩d⟨U+E0041⟩"),
        ("x\ufe0f\ufe01", "x⟨U+FE0F⟩⟨U+FE01⟩"),
        ("❤️ 👩‍👩‍👧 für 日本", "❤️ 👩‍👩‍👧 für 日本"),
        ("x" + "\n" * 500 + "y", "x⟨500 line breaks⟩\ny"),
        ("x" + " " * 500 + "y", "x⟨500 spaces⟩y"),
        ("a\r\nb", "a\nb"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_nothing_is_hidden(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_no_name_or_argument_imitates_the_words_around_it() -> None:
    forged = Start("run", ("x\nprogram: /usr/bin/safe",), program="/tmp/evil")
    lines = difference(Start("run", program="/tmp/evil"), forged).splitlines()
    assert [line for line in lines if line[0] in "+-"] == [
        "+argument 1: x⟨U+000A⟩program: /usr/bin/safe"
    ]
    name = "a\u202egnp"
    assert tool_label(f"mcp:{name}") == "a⟨U+202E⟩gnp"
    assert explain(McpServerEnded(name)).sentence.startswith("a⟨U+202E⟩gnp has quit")


def test_a_name_cannot_end_the_quotation_that_it_is_in() -> None:
    assert brief("read” from “files", 60) == 'read" from "files'


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert "\n" not in one_line(text)


def test_what_is_too_long_to_compare_is_shown_whole() -> None:
    lines = [f"{n:x}" for n in range(8000)]  # each two exchanged: minutes, with all functions
    swapped = [line for n in range(0, 8000, 2) for line in (lines[n + 1], lines[n])]
    old, new = (Declaration("f", description="\n".join(each)) for each in (lines, swapped))
    shown = difference(old, new).splitlines()
    assert [line[0] for line in shown] == ["-"] * 8002 + ["+"] * 8002


def test_results_of_all_kinds() -> None:
    def text(answer: dict[str, object]) -> str:
        return result_of(answer, "1", seconds=0.0).text

    assert text({}) == "(no output)"
    assert text({"isError": True}) == "(failed without a message)"
    assert (
        text({"content": [{"type": "text", "text": "a"}, 3, {"type": "x"}]})
        == "a\n\n[x: not shown]"
    )
    assert text({"content": [], "structuredContent": {"a": "ü"}}) == '{"a": "ü"}'
    # What is said to be a picture has to be one.
    data = {"type": "image", "data": "PHN2Zz4=", "mimeType": "image/png"}
    result = result_of({"content": [data]}, "1", seconds=0.0)
    assert (result.text, result.made) == ("[image, image/png, 6 bytes: not shown]", ())
