"""Words about what leaves this computer with a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app.base.types import is_this_computer
from app.store import DepartureRow
from app.tools.browser.source import LOCAL, WEB
from app.tools.departure import Departure, DepartureKind
from app.tools.tool_events import Outgoing
from app.tools.visible import one_line
from app.wording.answered_by import place_on_network
from app.wording.language import tr
from app.wording.tool_settings import SERVER, tool_label

_MOST_NAMES = 50
"""The names of files and tools that a question lists; of more, it has the number."""


def place_name(host: str) -> str:
    """Return where answers were generated, as `Message.host` has it: “this computer”, a host."""
    names = (
        tr("this computer") if is_this_computer(each) else one_line(each)
        for each in host.split(", ")
    )
    return tr(" and ").join(dict.fromkeys(names))


def departure_question(outgoing: Outgoing) -> str:
    """Return what the user is asked."""
    return tr("Send this to {host}?").format(host=one_line(place_on_network(outgoing.origin)))


def departure_reason() -> str:
    """Return why the user is asked."""
    return tr("None of this has been sent there yet.")


def departure_list(outgoing: Outgoing) -> tuple[tuple[str, str], ...]:
    """Return what would be sent: names of groups, and what each has, a line for each."""
    by = {
        kind: [each for each in outgoing.departures if each.kind is kind] for kind in DepartureKind
    }
    results = by[DepartureKind.RESULT]
    pages = [each for each in results if _is_page(each.item)]
    others = [each for each in results if not _is_page(each.item)]
    groups = (
        (tr("Attached files"), _lines(by[DepartureKind.ATTACHMENT], _file)),
        (
            tr("Pages"),
            _lines(pages, lambda each: _pages_of(each.item)),
        ),
        (tr("Results of tools"), _lines(others, lambda each: _tool(each.item))),
        (tr("Earlier messages"), _turns(by[DepartureKind.TURN])),
    )
    return tuple((name, text) for name, text in groups if text)


def always_allowed(row: DepartureRow) -> str:
    """Return a permission that holds in all chats: "Send attached files to gpu.example.org"."""
    host = one_line(place_on_network(row.origin))
    match row.kind:
        case DepartureKind.ATTACHMENT:
            return tr("Send attached files to {host}").format(host=host)
        case DepartureKind.TURN:
            return tr("Send earlier messages to {host}").format(host=host)
    what = _pages_of(row.item) if _is_page(row.item) else _tool(row.item)
    if _is_page(row.item):
        return tr("Send pages to {host}: {source}").format(host=host, source=what)
    return tr("Send results to {host}: {tool}").format(host=host, tool=what)


def _is_page(key: str) -> bool:
    return key == WEB or key.startswith(LOCAL)


def _pages_of(key: str) -> str:
    if key == WEB:
        return tr("From the web")
    return tr("From “{name}”").format(name=tool_label(key))


def _tool(key: str) -> str:
    return f"{tool_label(key)} (MCP)" if key.startswith(SERVER) else tool_label(key)


def _file(departure: Departure) -> str:
    return one_line(departure.name) or tr("Untitled")


def _lines(found: Sequence[Departure], words: Callable[[Departure], str]) -> str:
    """Return a line for each thing; of very many, the number of the others."""
    lines = list(dict.fromkeys(words(each) for each in found[:_MOST_NAMES]))
    more = len(found) - _MOST_NAMES
    if more > 0:
        lines.append(tr("and %Ln more", "", more))
    return "\n".join(lines)


def _turns(found: Iterable[Departure]) -> str:
    """Return how many messages there are, by where they were answered."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.host] = counts.get(each.host, 0) + each.messages
    return "\n".join(
        tr("%Ln message(s), answered on {place}", "", count).format(place=place_name(host))
        for host, count in counts.items()
    )
