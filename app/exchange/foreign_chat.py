"""A chat out of the nodes of another program's."""

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

_BEGINNING = 4000  # characters of what a title or a name is made of
_THINK = re.compile(
    r"\s*<think>(.*?)(?:</think>|\Z)|(.*?)^</think>[ \t]*$", re.DOTALL | re.MULTILINE
)


class LeftOut(StrEnum):
    """Why something of another program's chats was left out."""

    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"
    """Of which only the name is there, or which belongs to no message."""
    TOOL = "tool"
    """A call to a tool, or what one said, in a form that is not for reading."""
    CITATION = "citation"
    """A mark in a text that leads to a source, or a list of sources."""
    MEMORY = "memory"
    """What a program remembers of a person beside all chats."""
    NOTE = "note"
    """What stands beside a chat: notes, a summary, words that were not sent."""
    TAG = "tag"
    FOLDER = "folder"
    """The name of a folder or project: only its key is there."""
    HIDDEN = "hidden"
    """A message that its program did not show either."""
    UNKNOWN = "unknown"
    """Something of a kind that Fireside does not know."""
    CHAT = "chat"
    """An entry that is no chat, or has no message to read."""


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """What chats are kept in together, and what the model is told in all of them."""

    name: str
    instructions: str = ""


@dataclass(slots=True)
class ImportContext:
    """What a chat is read in. ``time`` is the file's, in POSIX seconds. ``place`` has its name and,
    before that, the folders that it lies in below the one that was chosen; ``above`` those that
    this is in. The other fields collect what is found on the way."""

    time: float
    place: tuple[str, ...] = ("",)
    above: tuple[str, ...] = ()
    projects: dict[str, ForeignProject] = field(default_factory=dict)
    """By their keys; those of one file are for the chats of another."""
    wanted: set[str] = field(default_factory=set)
    """The projects and folders that chats are in."""
    left: Counter[LeftOut] = field(default_factory=Counter)

    def project(self, source: str, key: str) -> ForeignProject:
        """That of a key, for which its end has to do as a name where no other is known."""
        if not key:
            return ForeignProject("")
        self.wanted.add(key)
        return self.projects.get(key) or ForeignProject(f"{source} {key[-6:]}")


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """One entry of another program's chat. Without parts it only holds others together.

    Neighbours on one branch that are both the assistant's are one message here: other programs
    make a node of each step of an answer.
    """

    role: Role
    parts: tuple[Part, ...] = ()
    parent: str | None = None
    children: Sequence[str] = ()
    """The order that they are wanted in; the others come behind these."""
    created: float | None = None
    state: State = State.DONE
    model: str = ""
    thought_s: float | None = None


@dataclass(frozen=True, slots=True)
class ForeignChat:
    """What another program knows of a chat beside its messages. ``current`` is the node that was
    last on the screen, ``instructions`` are the chat's own. Times are POSIX seconds."""

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
    """A message that nodes are put into."""

    parent: int | None
    created: float
    nodes: list[ForeignMessage]

    def goes_on(self, node: ForeignMessage) -> bool:
        """Whether a node is a further step of the answer that this is."""
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
    read: Callable[[Foreign, Counter[LeftOut]], ForeignMessage],
    left: Counter[LeftOut],
) -> ForeignMessage:
    """What ``read`` makes of an entry. Where that is nothing, and ``read`` knows no reason, but
    there is something in the entry that it did not ask for; or where there are whole sentences of
    that kind beside what it found: that is counted."""
    own: Counter[LeftOut] = Counter()
    found = read(raw, own)
    silent = not found.parts and found.thought_s is None and not own.total()
    if not own[LeftOut.UNKNOWN]:
        own[LeftOut.UNKNOWN] += bool(raw.unread(sentences=not silent))
    left.update(own)
    return found


def tree(
    nodes: Mapping[str, ForeignMessage], about: ForeignChat, around: ImportContext
) -> ChatTree | None:
    """The chat that they are; None where there is nothing to read. A chat without times has its
    file's. A node is a beginning where no other is its parent; of a circle, its first one is."""
    times = [node.created for node in nodes.values() if node.created is not None]
    began = about.created if about.created is not None else min(times, default=around.time)
    drafts: list[_Draft] = []
    homes: dict[str | None, int | None] = {}  # the message that a node, or one above it, went into
    open_: set[str | None] = set()  # below these nodes, that message goes on and nothing else does
    parents = _parents(nodes)
    children = _children(nodes, parents)
    for name in _downwards(parents, children):
        node, parent = nodes[name], parents[name]
        home = homes.get(parent)
        above = None if home is None else drafts[home - 1]
        if above is not None and parent in open_ and above.goes_on(node):
            if node.parts or node.thought_s is not None:
                above.nodes.append(node)
        elif node.parts:
            when = began if above is None else above.created
            drafts.append(_Draft(home, when if node.created is None else node.created, [node]))
            home = len(drafts)
        homes[name] = home
        if len(children[name]) == 1 and (node.parts or parent in open_):
            open_.add(name)
    if not drafts:
        return None
    messages = tuple(draft.row(number) for number, draft in enumerate(drafts, start=1))
    ended = about.updated if about.updated is not None else max(times, default=began)
    leaf = homes.get(about.current) or _last_leaf(messages)
    return ChatTree(_chat(about, messages, began, ended, leaf), messages)


def plain(text: str) -> tuple[Part, ...]:
    """A text as what a person reads; nothing where it is blank."""
    return (Part(text),) if text.strip() else ()


def spoken(text: str) -> Iterator[Part]:
    """The text of an answer, of which a model's own ``<think>`` at its beginning is reasoning;
    templates of chats may have written the first of these tags for the model."""
    found = _THINK.match(text)
    if found is None:
        yield from plain(text)
        return
    thought = (found[1] if found[1] is not None else found[2]).strip()
    if thought:
        yield Part(thought, PartKind.REASONING)
    yield from plain(text[found.end() :].lstrip("\n"))


def named(names: Sequence[str]) -> tuple[Part, ...]:
    """The names of files and pictures that are not there, so that one sees where they were."""
    return plain(" ".join(f"[{one_line(name)}]" for name in names if name.strip()))


def untitled(messages: Sequence[MessageRow]) -> str:
    """The title that the first question gives."""
    questions = (m.message.text for m in messages if m.message.role is Role.USER)
    return title_from(next(questions, "")[:_BEGINNING])


def _chat(
    about: ForeignChat, messages: Sequence[MessageRow], created: float, updated: float, leaf: int
) -> ChatRow:
    title = one_line(about.title[:_BEGINNING])
    return ChatRow(
        0,
        title or untitled(messages),
        TitleBy.MODEL if title else TitleBy.QUESTION,
        Effort.MEDIUM,
        created,
        max(created, updated),
        leaf,
        ChatSettings(about.instructions.strip()),
        pinned=about.pinned,
        archived=about.archived,
        folder=one_line(about.folder[:_BEGINNING]),
    )


def _last_leaf(messages: Sequence[MessageRow]) -> int:
    """The newest message that nothing is below."""
    parents = {message.parent for message in messages}
    leaves = [message for message in messages if message.id not in parents]
    return max(leaves, key=lambda message: (message.created, message.id)).id


def _parents(nodes: Mapping[str, ForeignMessage]) -> dict[str, str | None]:
    """The node above each, by what it says itself, else by what others say of their children: a
    node has one parent, but some files name it as the child of several."""
    said: dict[str, str] = {}
    for name, node in nodes.items():
        for child in node.children:
            said.setdefault(child, name)
    parents = {
        name: node.parent if node.parent in nodes else said.get(name)
        for name, node in nodes.items()
    }
    begun: set[str] = set()  # of these, a beginning is known
    for name in nodes:
        way: dict[str, None] = {}
        here: str | None = name
        while here is not None and here not in begun and here not in way:
            way[here] = None
            here = parents[here]
        if here in way:
            parents[here] = None
        begun |= way.keys()
    return parents


def _children(
    nodes: Mapping[str, ForeignMessage], parents: Mapping[str, str | None]
) -> dict[str, list[str]]:
    """The nodes below each."""
    below: dict[str, list[str]] = {name: [] for name in nodes}
    for name, parent in parents.items():
        if parent is not None:
            below[parent].append(name)
    for name, node in nodes.items():
        place = {child: at for at, child in enumerate(node.children)}
        below[name].sort(key=lambda child: place.get(child, len(place)))
    return below


def _downwards(
    parents: Mapping[str, str | None], children: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Every node, each behind its parent."""
    roots = [name for name, parent in parents.items() if parent is None]
    waiting = roots[::-1]
    while waiting:  # no recursion: a chat may be thousands of messages deep
        name = waiting.pop()
        yield name
        waiting.extend(reversed(children[name]))
