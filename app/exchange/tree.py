"""A chat out of the nodes of another program's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.base.types import Effort, Message, Part, Role
from app.exchange.fields import Foreign
from app.store import ChatRow, MessageRow, Setup, State, TitleBy, Tree
from app.store.titles import one_line, title_from

_BEGINNING = 4000  # characters of what a title or a name is made of


class Left(StrEnum):
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
    LOST = "lost"
    """A message of which no way leads up to the beginning of its chat."""
    CHAT = "chat"
    """An entry that is no chat, or has no message to read."""


@dataclass(frozen=True, slots=True)
class Project:
    """What chats are kept in together, and what the model is told in all of them."""

    name: str
    instructions: str = ""


@dataclass(slots=True)
class Around:
    """What a chat is read in. ``time`` is the file's, in POSIX seconds. ``place`` has its name and,
    before that, the folders that it lies in below the one that was chosen; ``above`` those that
    this is in. The other fields collect what is found on the way."""

    time: float
    place: tuple[str, ...] = ("",)
    above: tuple[str, ...] = ()
    projects: dict[str, Project] = field(default_factory=dict)
    """By their keys; those of one file are for the chats of another."""
    wanted: set[str] = field(default_factory=set)
    """The projects and folders that chats are in."""
    left: Counter[Left] = field(default_factory=Counter)

    def project(self, source: str, key: str) -> Project:
        """That of a key, for which its end has to do as a name where no other is known."""
        if not key:
            return Project("")
        self.wanted.add(key)
        return self.projects.get(key) or Project(f"{source} {key[-6:]}")


@dataclass(frozen=True, slots=True)
class Node:
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
class About:
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
    nodes: list[Node]

    def goes_on(self, node: Node) -> bool:
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
    raw: Foreign, read: Callable[[Foreign, Counter[Left]], Node], left: Counter[Left]
) -> Node:
    """What ``read`` makes of an entry. Where that is nothing, and ``read`` knows no reason, but
    there is something in the entry that it did not ask for; or where there are whole sentences of
    that kind beside what it found: that is counted."""
    own: Counter[Left] = Counter()
    found = read(raw, own)
    silent = not found.parts and found.thought_s is None and not own.total()
    if not own[Left.UNKNOWN]:
        own[Left.UNKNOWN] += bool(raw.unread(sentences=not silent))
    left.update(own)
    return found


def tree(nodes: Mapping[str, Node], about: About, around: Around) -> Tree | None:
    """The chat that they are; None where there is nothing to read. A chat without times has its
    file's. A parent that is not there makes a node a beginning; what is in a circle is left
    out."""
    times = [node.created for node in nodes.values() if node.created is not None]
    began = about.created if about.created is not None else min(times, default=around.time)
    drafts: list[_Draft] = []
    homes: dict[str | None, int | None] = {}  # the message that a node, or one above it, went into
    open_: set[str | None] = set()  # below these nodes, that message goes on and nothing else does
    children = _children(nodes)
    for name in _downwards(nodes, children):
        node = nodes[name]
        home = homes.get(node.parent)
        above = None if home is None else drafts[home - 1]
        if above is not None and node.parent in open_ and above.goes_on(node):
            if node.parts or node.thought_s is not None:
                above.nodes.append(node)
        elif node.parts:
            when = began if above is None else above.created
            drafts.append(_Draft(home, when if node.created is None else node.created, [node]))
            home = len(drafts)
        homes[name] = home
        if len(children[name]) == 1 and (node.parts or node.parent in open_):
            open_.add(name)
    around.left[Left.LOST] += sum(bool(nodes[name].parts) for name in nodes.keys() - homes.keys())
    if not drafts:
        return None
    messages = tuple(draft.row(number) for number, draft in enumerate(drafts, start=1))
    ended = about.updated if about.updated is not None else max(times, default=began)
    leaf = homes.get(about.current) or _last_leaf(messages)
    return Tree(_chat(about, messages, began, ended, leaf), messages)


def plain(text: str) -> tuple[Part, ...]:
    """A text as what a person reads; nothing where it is blank."""
    return (Part(text),) if text.strip() else ()


def named(names: Sequence[str]) -> tuple[Part, ...]:
    """The names of files and pictures that are not there, so that one sees where they were."""
    return plain(" ".join(f"[{one_line(name)}]" for name in names if name.strip()))


def untitled(messages: Sequence[MessageRow]) -> str:
    """The title that the first question gives."""
    questions = (m.message.text for m in messages if m.message.role is Role.USER)
    return title_from(next(questions, "")[:_BEGINNING])


def _chat(
    about: About, messages: Sequence[MessageRow], created: float, updated: float, leaf: int
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
        Setup(about.instructions.strip()),
        pinned=about.pinned,
        archived=about.archived,
        folder=one_line(about.folder[:_BEGINNING]),
    )


def _last_leaf(messages: Sequence[MessageRow]) -> int:
    """The newest message that nothing is below."""
    parents = {message.parent for message in messages}
    leaves = [message for message in messages if message.id not in parents]
    return max(leaves, key=lambda message: (message.created, message.id)).id


def _children(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """The nodes below each, by what these say of their parents: a node has one parent, but some
    files name it as the child of several."""
    below: dict[str, list[str]] = {name: [] for name in nodes}
    for name, node in nodes.items():
        if node.parent in below:
            below[node.parent].append(name)
    for name, node in nodes.items():
        place = {child: at for at, child in enumerate(node.children)}
        below[name].sort(key=lambda child: place.get(child, len(place)))
    return below


def _downwards(nodes: Mapping[str, Node], children: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every node that a beginning leads to, each behind its parent."""
    roots = [name for name, node in nodes.items() if node.parent not in nodes]
    waiting = roots[::-1]
    while waiting:  # no recursion: a chat may be thousands of messages deep
        name = waiting.pop()
        yield name
        waiting.extend(reversed(children[name]))
