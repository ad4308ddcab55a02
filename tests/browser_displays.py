"""Have gpt-oss's reference display the pages of `tests/cases/browser/pages.json`.

usage: python tests/browser_displays.py FOLDER >tests/cases/browser/displays.json

FOLDER has a checkout of openai/gpt-oss (7b58334). Its packages are needed (aiohttp, chz, html2text,
lxml, openai-harmony, pydantic, structlog, tenacity, tiktoken), and bpe-openai. One of them is under
the GPL, so this runs in an environment of its own, and imports nothing of Fireside.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib
import importlib.util
import json
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parent / "cases" / "browser" / "pages.json"


def calls(number: int, lines: int) -> list[list[Any]]:
    """Return the calls that are made on a page, after it was opened as the only one."""
    made: list[list[Any]] = [["open", {"num_lines": 3}], ["open", {"loc": 1, "num_lines": 5}]]
    made.append(["open", {"loc": lines + number}])  # there is no such line
    return [*made, ["find", {"pattern": "COPPER"}], ["find", {"pattern": "no such text"}]]


def encoding() -> Any:
    """Return o200k_base, with the vocabulary of an installed package."""
    tiktoken: Any = importlib.import_module("tiktoken")
    public: Any = importlib.import_module("tiktoken_ext.openai_public")
    spec = importlib.util.find_spec("bpe_openai")
    assert spec
    assert spec.origin
    packed = (Path(spec.origin).parent / "data" / "o200k_base.tiktoken.gz").read_bytes()
    lines = (line.split() for line in gzip.decompress(packed).splitlines())
    ranks = {b64decode(text): int(rank) for text, rank in lines}
    public.load_tiktoken_bpe = lambda *_, **__: ranks
    return tiktoken.Encoding(**public.o200k_base())


async def shown(tool: Any, function: str, arguments: dict[str, Any]) -> str:
    """Return what the reference answers to a call."""
    messages = [message async for message in getattr(tool, function)(**arguments)]
    return str(messages[-1].content[0].text)


def main(folder: str) -> None:
    sys.path.insert(0, folder)
    found = encoding()
    tiktoken: Any = importlib.import_module("tiktoken")
    tiktoken.get_encoding = lambda name: found
    browser: Any = importlib.import_module("gpt_oss.tools.simple_browser.simple_browser_tool")
    contents: Any = importlib.import_module("gpt_oss.tools.simple_browser.page_contents")
    cases = json.loads(PAGES.read_text("utf-8"))
    known = {each["address"]: each for each in cases["pages"]}
    results: dict[str, Any] = {}

    class Backend:
        source = "web"

        async def fetch(self, url: str, session: Any) -> Any:
            each = known[url]
            links = {str(id): address for id, address in enumerate(each["links"])}
            text = f"\nURL: {url}\n{each['text']}"
            return contents.PageContents(url=url, text=text, title=each["title"], urls=links)

        async def search(self, query: str, topn: int, session: Any) -> Any:
            items = "".join(f"<li><a href='{u}'>{t}</a> {s}</li>" for u, t, s in results[query])
            html = (
                f"\n<html><body>\n<h1>Search Results</h1>\n<ul>\n{items}\n</ul>\n</body></html>\n"
            )
            page = contents.process_html(html=html, url="", title=query, display_urls=True)
            page.snippets = {}  # by which it knows the results of a search
            return page

    displays: list[dict[str, Any]] = []

    async def all_displays() -> None:
        for number, each in enumerate(known.values()):
            tool = browser.SimpleBrowserTool(Backend())
            first = await shown(tool, "open", {"id": each["address"]})
            lines = len(browser.wrap_lines(f"\nURL: {each['address']}\n{each['text']}"))
            record = [["open", {"id": each["address"]}, first]]
            for function, arguments in calls(number, lines):
                # Each on the page itself, whatever was displayed meanwhile.
                asked = {**arguments, "cursor": 0}
                record.append([function, asked, await shown(tool, function, asked)])
            displays.append({"page": number, "calls": record})
        for number, search in enumerate(cases["searches"]):
            results[search["query"]] = search["hits"]
            tool = browser.SimpleBrowserTool(Backend())
            asked = {"query": search["query"]}
            record = [["search", asked, await shown(tool, "search", asked)]]
            for function, arguments in (
                ("find", {"pattern": "copper"}), ("open", {"id": 99}), ("open", {"cursor": 7}),
                ("open", {"loc": 4}),
            ):  # fmt: skip
                record.append([function, arguments, await shown(tool, function, arguments)])
            displays.append({"search": number, "calls": record})
        tool = browser.SimpleBrowserTool(Backend())
        record = [["open", {"loc": 3}, await shown(tool, "open", {"loc": 3})]]
        displays.append({"calls": record})

    asyncio.run(all_displays())
    print(json.dumps(displays, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
