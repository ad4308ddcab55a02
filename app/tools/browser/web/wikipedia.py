"""Wikipedia's search, in the language of the query: no key, one request after another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from app.base import outside
from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, plain
from app.tools.browser.web.web_options import WebOptions

_API: str = outside.value("wikipedia_search")["api"]
_SCRIPTS = (
    (r"[\u3040-\u30ff]", "ja"),
    (r"[\uac00-\ud7af\u1100-\u11ff]", "ko"),
    (r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]", "zh"),
    (r"[іїєґІЇЄҐ]", "uk"),
    (r"[\u0400-\u04ff]", "ru"),
    (r"[\u0370-\u03ff\u1f00-\u1fff]", "el"),
    (r"[\u0590-\u05ff]", "he"),
    (r"[پچژگ]", "fa"),
    (r"[\u0600-\u06ff]", "ar"),
    (r"[\u0900-\u097f]", "hi"),
    (r"[\u0980-\u09ff]", "bn"),
    (r"[\u0a00-\u0a7f]", "pa"),
    (r"[\u0b80-\u0bff]", "ta"),
    (r"[\u0c00-\u0c7f]", "te"),
    (r"[\u0e00-\u0e7f]", "th"),
    (r"[\u10a0-\u10ff]", "ka"),
    (r"[\u0530-\u058f]", "hy"),
)
"""Scripts and the Wikipedia that is asked for them, the first that is met in a query."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def language_of(query: str, window: str) -> str:
    """Return the language of the Wikipedia for a query: by its script, else the window's."""
    for script, language in _SCRIPTS:
        if re.search(script, query):
            return language
    code = window.partition("_")[0].partition("-")[0].lower()
    return code if _LANGUAGE.fullmatch(code) else "en"


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    languages = dict.fromkeys((language_of(query, options.language), "en"))
    params = (("q", query), ("limit", str(count)))
    return [ServiceRequest(_API.format(language=each), params) for each in languages]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    site = request.url.partition("/w/")[0]
    return [
        (
            f"{site}/wiki/{quote(page['key'], safe='/:()!,;@*~')}",
            page["title"],
            " – ".join(filter(None, (plain(page.get("description")), plain(page["excerpt"])))),
        )
        for page in body["pages"]
    ]


WIKIPEDIA = SearchProvider("wikipedia", "Wikipedia", _requests, _found, longest_query=300)
