"""Build a chat from the messages of another program's chat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange.foreign_json import Foreign
from app.store import ChatRow, ChatSettings, ChatTree, MessageRow, State, TitleBy
from app.store.chat_title import one_line, title_from

_TITLE_LENGTH = 4000  # characters that titles and names are made from
_THINK = re.compile(
    r"\s*<think>(.*?)(?:</think>|\Z)|(.*?)^</think>[ \t]*$", re.DOTALL | re.MULTILINE
)


class OmissionReason(StrEnum):
    """Reasons why something of another program's chats was left out."""

    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"
    """A file of which only the name is known, or which belongs to no message."""
    TOOL = "tool"
    """A call to a tool, or its result, in a form that is not for reading."""
    CITATION = "citation"
    """A mark in a text that refers to a source, or a list of sources."""
    MEMORY = "memory"
    """What a program remembers about the user across chats."""
    NOTE = "note"
    """Notes beside a chat, a summary, a text that was not sent."""
    TAG = "tag"
    FOLDER = "folder"
    """The name of a folder or project of which only the key is known."""
    HIDDEN = "hidden"
    """A message that its program did not show either."""
    UNKNOWN = "unknown"
    """Something of a kind that Fireside does not know."""
    CHAT = "chat"
    """An entry that is not a chat, or has no message to read."""


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """A project: chats that are kept together, with instructions for all of them."""

    name: str
    instructions: str = ""


@dataclass(slots=True)
class ImportContext:
    """The file that a chat is read from, and what is collected across chats.

    ``time`` is the file's, in POSIX seconds. ``place`` has its folders below the one that was
    chosen, then its name; ``above`` the folders above that.
    """

    time: float
    place: tuple[str, ...] = ("",)
    above: tuple[str, ...] = ()
    projects: dict[str, ForeignProject] = field(default_factory=dict)
    """Projects by key; those of one file are for the chats of another."""
    wanted: set[str] = field(default_factory=set)
    """The keys of the projects and folders that chats are in."""
    left_out: Counter[OmissionReason] = field(default_factory=Counter)

    def project(self, source: str, key: str) -> ForeignProject:
        """Return the project of a key; an unknown one is named by the key's end."""
        if not key:
            return ForeignProject("")
        self.wanted.add(key)
        return self.projects.get(key) or ForeignProject(f"{source} {key[-6:]}")


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """One entry of another program's chat; without parts it only connects others.

    Consecutive entries of the assistant on one branch become one message: other programs make an
    entry for each step of an answer.
    """

    role: Role
    parts: tuple[Part, ...] = ()
    parent: str | None = None
    children: Sequence[str] = ()
    """The preferred order of the children; others follow these."""
    created: float | None = None
    state: State = State.DONE
    model: str = ""
    thought_s: float | None = None


@dataclass(frozen=True, slots=True)
class ForeignChat:
    """The facts that another program has about a chat, besides its messages.

    ``current`` is the entry that was last on the screen, ``instructions`` are the chat's own. Times
    are POSIX seconds.
    """

    title: str = ""
    created: float | None = None
    updated: float | None = None
    current: str | None = None
    instructions: str = ""
    pinned: bool = False
    archived: bool = False
    folder: str = ""


@dataclass(slots=True)
class _Draft:
    """A message in the making, from one or several entries."""

    parent: int | None
    created: float
    nodes: list[ForeignMessage]

    def continues(self, node: ForeignMessage) -> bool:
        """Return whether the entry is a further step of this answer."""
        return node.role is Role.ASSISTANT and self.nodes[-1].role is Role.ASSISTANT

    def row(self, number: int) -> MessageRow:
        last = self.nodes[-1]
        thought = [node.thought_s for node in self.nodes if node.thought_s is not None]
        parts = tuple(part for node in self.nodes for part in node.parts)
        return MessageRow(
            number,
            0,
            self.parent,
            Message(last.role, parts),
            last.state,
            self.created,
            model=next((node.model for node in reversed(self.nodes) if node.model), ""),
            thought_s=sum(thought) if thought else None,
        )


def read_node(
    raw: Foreign,
    read: Callable[[Foreign, Counter[OmissionReason]], ForeignMessage],
    left_out: Counter[OmissionReason],
) -> ForeignMessage:
    """Return what ``read`` makes of an entry, and count what it overlooked.

    That is one UNKNOWN if ``read`` found nothing, gave no reason, and a field that it did not
    read contains text; or where such a field contains whole sentences beside what it found.
    """
    own: Counter[OmissionReason] = Counter()
    found = read(raw, own)
    silent = not found.parts and found.thought_s is None and not own.total()
    if not own[OmissionReason.UNKNOWN]:
        own[OmissionReason.UNKNOWN] += bool(raw.unread(sentences=not silent))
    left_out.update(own)
    return found


def build_tree(
    nodes: Mapping[str, ForeignMessage], info: ForeignChat, context: ImportContext
) -> ChatTree | None:
    """Build the chat; None if there is nothing to read.

    A chat without times has its file's. An entry without a known parent is a root; so is the first
    one of a cycle.
    """
    times = [node.created for node in nodes.values() if node.created is not None]
    began = info.created if info.created is not None else min(times, default=context.time)
    drafts: list[_Draft] = []
    # The message that a node, or the nearest one above it with content, became part of.
    message_numbers: dict[str | None, int | None] = {}
    # Nodes whose only child may continue the same message.
    open_nodes: set[str | None] = set()
    parents = _parents(nodes)
    children = _children(nodes, parents)
    for name in _parents_first(parents, children):
        node, parent = nodes[name], parents[name]
        message_number = message_numbers.get(parent)
        above = None if message_number is None else drafts[message_number - 1]
        if above is not None and parent in open_nodes and above.continues(node):
            if node.parts or node.thought_s is not None:
                above.nodes.append(node)
        elif node.parts:
            when = began if above is None else above.created
            drafts.append(
                _Draft(message_number, when if node.created is None else node.created, [node])
            )
            message_number = len(drafts)
        message_numbers[name] = message_number
        if len(children[name]) == 1 and (node.parts or parent in open_nodes):
            open_nodes.add(name)
    if not drafts:
        return None
    messages = tuple(draft.row(number) for number, draft in enumerate(drafts, start=1))
    ended = info.updated if info.updated is not None else max(times, default=began)
    leaf = message_numbers.get(info.current) or _last_leaf(messages)
    return ChatTree(_chat(info, messages, began, ended, leaf), messages)


def text_parts(text: str) -> tuple[Part, ...]:
    """Return a text as a part of a message; nothing if it is blank."""
    return (Part(text),) if text.strip() else ()


def answer_parts(text: str) -> Iterator[Part]:
    """Yield an answer's text; a ``<think>`` block at its beginning becomes reasoning.

    The opening tag may be missing: chat templates write it for the model.
    """
    found = _THINK.match(text)
    if found is None:
        yield from text_parts(text)
        return
    thought = (found[1] if found[1] is not None else found[2]).strip()
    if thought:
        yield Part(thought, PartKind.REASONING)
    yield from text_parts(text[found.end() :].lstrip("\n"))


def named_files(names: Sequence[str]) -> tuple[Part, ...]:
    """Return the names of missing files and pictures, to show where they were."""
    return text_parts(" ".join(f"[{one_line(name)}]" for name in names if name.strip()))


def title_from_question(messages: Sequence[MessageRow]) -> str:
    """Return a title made from the first question."""
    questions = (m.message.text for m in messages if m.message.role is Role.USER)
    return title_from(next(questions, "")[:_TITLE_LENGTH])


def _chat(
    info: ForeignChat, messages: Sequence[MessageRow], created: float, updated: float, leaf: int
) -> ChatRow:
    title = one_line(info.title[:_TITLE_LENGTH])
    return ChatRow(
        0,
        title or title_from_question(messages),
        TitleBy.MODEL if title else TitleBy.QUESTION,
        Effort.MEDIUM,
        created,
        max(created, updated),
        leaf,
        ChatSettings(info.instructions.strip()),
        pinned=info.pinned,
        archived=info.archived,
        folder=one_line(info.folder[:_TITLE_LENGTH]),
    )


def _last_leaf(messages: Sequence[MessageRow]) -> int:
    """Return the newest message without children."""
    parents = {message.parent for message in messages}
    leaves = [message for message in messages if message.id not in parents]
    return max(leaves, key=lambda message: (message.created, message.id)).id


def _parents(nodes: Mapping[str, ForeignMessage]) -> dict[str, str | None]:
    """Return the parent of each entry.

    An entry's own ``parent`` takes precedence over the lists of children: some files list an entry
    as the child of several.
    """
    claimed: dict[str, str] = {}
    for name, node in nodes.items():
        for child in node.children:
            claimed.setdefault(child, name)
    parents = {
        name: node.parent if node.parent in nodes else claimed.get(name)
        for name, node in nodes.items()
    }
    rooted: set[str] = set()  # entries whose root is known
    for name in nodes:
        path: dict[str, None] = {}
        ancestor: str | None = name
        while ancestor is not None and ancestor not in rooted and ancestor not in path:
            path[ancestor] = None
            ancestor = parents[ancestor]
        if ancestor in path:
            parents[ancestor] = None
        rooted.update(path)
    return parents


def _children(
    nodes: Mapping[str, ForeignMessage], parents: Mapping[str, str | None]
) -> dict[str, list[str]]:
    """Return the children of each entry."""
    children_of: dict[str, list[str]] = {name: [] for name in nodes}
    for name, parent in parents.items():
        if parent is not None:
            children_of[parent].append(name)
    for name, node in nodes.items():
        place = {child: at for at, child in enumerate(node.children)}
        children_of[name].sort(key=lambda child: place.get(child, len(place)))
    return children_of


def _parents_first(
    parents: Mapping[str, str | None], children: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield every entry after its parent."""
    roots = [name for name, parent in parents.items() if parent is None]
    stack = roots[::-1]
    while stack:  # not recursive: a chat may be thousands of messages deep
        name = stack.pop()
        yield name
        stack.extend(reversed(children[name]))
