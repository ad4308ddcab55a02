"""The main text of a page: without navigation, banners, comments, and what else surrounds it.

The rules are those of browsers' readers: what a page says of itself (`main`, `article`, roles, the
names of classes), and how much of an element's text is prose and how much is links. Measured
against libraries in `tests/bench/extraction.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.tools.browser.extraction.markup import GAP, LINE, LINK, LINK_END, LITERAL, TEXT, Markup

_NAMED = re.compile(
    r"""(?<![^\s"'/])(class|id|role|itemprop)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""",
    re.IGNORECASE,
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _words(*lines: str) -> re.Pattern[str]:
    """Return a pattern of words within names such as ``entry-content`` and ``entry_content``."""
    words = "|".join("|".join(line.split()) for line in lines)
    words = words.replace("-?", "-").replace("-", "[-_]*+")
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE)


# In names: states and variants of a component, which do not say what it is.
_VARIANT = re.compile(
    r"(?<!\S)(?:js-)?(?:has|no|not|with|is|hide|show|hidden|category|tag|status|format|type|elementor"
    r"|col|wp|page|single)[-_]\S*+|--\w[\w-]*+|\S*?label-hidden\S*+",
    re.IGNORECASE,
)
_AROUND = _set("nav aside footer menu dialog button form label fieldset")
_FORMS = _set("form aside label fieldset button menu")  # a whole page may be in one
_ROLES = _set(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar"
    " tooltip"
)
_COMMENTS = _words(r"comments? commentlist respond disqus\w*+")
_BESIDE = _words(
    r"comments? commentlist respond disqus\w*+ related(?:-?(?:posts|articles|content))?",
    r"recommend\w*+ recirc\w*+ outbrain\w*+ taboola\w*+ zergnet\w*+ yarpp\w*+ trending",
    r"most-?read (?:more|read)-?(?:on|from|news|stories|articles|next) side-?bars? nav navi",
    r"navbar navigation menu breadcrumbs? pagination pager skip-?(?:link|to)\w*+",
    r"post-?nav\w*+ footer masthead top-?bar site-?header newsletter\w*+ cookies? consent",
    r"gdpr popup pop-?up modal lightbox paywall login share sharing sharebar sharedaddy",
    r"social\w*+ sociable addthis\w*+ addtoany\w*+ ads? adv advert\w*+ sponsor\w*+ promo\w*+",
    r"adsense dfp",
)
_MAYBE_BESIDE = _words(
    r"discussion reactions? follow popular read-?more also-?like teasers? carousel rail foot",
    r"toolbar header-?bar ad-?(?:slot|unit|wrapper|container|box) subscri\w*+ signup",
    r"sign-?up register donat\w*+ overlay banner notice-?bar alert-?bar widgets? gadget",
    r"tags? tag-?(?:list|cloud|links) categor(?:y|ies)-?(?:list|links) keywords topics",
    r"author-?(?:bio|box|info|card) about-?author byline bio (?:post|entry|article)-?meta",
    r"meta post-?info dateline timestamp publish\w*+ credits? copyright caption figcaption",
    r"gallery print printfriendly screen-?reader\w*+ sr-?only visually-?hidden noprint",
    r"(?:mw-?)?edit-?section mw-jump\w*+ (?:vertical-)?navbox catlinks sistersitebox",
    r"noexcerpt ratings? review-?form votes? feedback poll survey search-?(?:form|box|bar)",
    r"language-?(?:switch|select)\w*+",
)
_BODY = _words(
    r"article-?(?:body|content|text) entry-?content post-?(?:body|content|text|entry)",
    r"articlebody story-?(?:body|content|text) mw-parser-output td-post-content",
    r"field-name-body",
)
_ALSO_BODY = _words(
    r"(?:page|main|single|blog)-?content content-?body body-?content rich-?text article",
    r"hentry",
)
_FRAME = re.compile(r"side-?bar\S*wra?p|wra?p\S*side-?bar|with\S*side-?bar|content-sidebar", re.I)

_SENTENCE = re.compile(r"[.!?。！？…:;][\"'”’»)\]]*\s*$")
_DENSE = re.compile("[\u3040-\u9fff\uac00-\ud7af]")
_INLINE = _set("a b i em strong span small mark u s sup sub code abbr cite q time font")
_NOT_BODY = _INLINE | {"body", "p", "li", "h1", "h2", "h3", "h4", "td"}
_LISTS = _set("div ul ol section table p header article menu dir")
_UNNAMED = _set("body html main p h1 h2 h3 li pre code td a")
_LEAVES = _set(
    "p ul ol dl table tbody tr td pre blockquote h1 h2 h3 h4 h5 h6 li figure figcaption header"
)
_ENOUGH = 200  # characters of prose that the main text has at least, and
_ENOUGH_SHARE = 0.03  # of the page's
_MOST_BESIDE = 0.5  # of a page's prose that is in an element beside the main text, and
_MOST_MAYBE = 0.3  # in one whose name may mean something else
_DOMINANT = 0.8  # of the prose that an element has if the rest is beside the main text
_LEAST = 0.2  # of the page's text that the main text has, and
_LEAST_BODY = 0.7  # of its own if lists of links are left out
_LINKS = 0.6  # of the text of an element that is only a list of links


@dataclass(frozen=True, slots=True)
class _Sums:
    """Characters before each mark: all, those in links, and those of prose."""

    lengths: list[int]
    linked: list[int]
    prose: list[int]


class MainText:
    """The search for the main text of a page. ``spans`` are those of its marks."""

    def __init__(self, page: Markup) -> None:
        self._page = page
        self._sums = _sums_of(page)
        self._names = list(map(_names_of, page.tags, page.attributes))
        self._beside: list[int] = []  # elements beside the main text, none within another
        self._clean = self._sums.prose  # without those
        self.spans = self._found()

    def _found(self) -> list[tuple[int, int]]:
        total = self._sums.prose[-1]
        ranks = list(map(self._rank, range(len(self._page.tags))))
        for lowest in (1, 2, 3):
            self._beside = list(self._elements_beside(ranks, lowest))
            self._clean = self._prose_without(self._beside)
            if self._clean[-1] >= max(_ENOUGH, total * _ENOUGH_SHARE):
                break
        else:
            return [(0, len(self._page.marks))]
        root = self._root()
        body = self._without(root)
        main = self._without(root, self._lists_of_links)
        if self._size(main) < self._size(body) * _LEAST_BODY:
            main = body
        page = self._without(0)
        return main if self._size(main) > self._size(page) * _LEAST else page

    def _size(self, spans: list[tuple[int, int]]) -> int:
        return sum(self._sums.lengths[end] - self._sums.lengths[begin] for begin, end in spans)

    def _prose(self, element: int, prose: list[int]) -> int:
        # What a paragraph has is counted at its end, which may be the element's own.
        return prose[self._page.ends[element] + 1] - prose[self._page.begins[element]]

    def _rank(self, element: int) -> int:
        """Return how surely an element is beside the main text: 0 not at all, to 3."""
        tag = self._page.tags[element]
        if tag in _AROUND:
            return 3
        names, role = self._names[element]
        if role in _ROLES and tag != "body":
            return 3
        if not names or tag in _UNNAMED or _BODY.search(names) or _ALSO_BODY.search(names):
            return 0
        if _BESIDE.search(names):
            return 0 if _FRAME.search(names) else 2
        return 1 if tag != "article" and _MAYBE_BESIDE.search(names) else 0

    def _elements_beside(self, ranks: list[int], lowest: int) -> Iterator[int]:
        page, total, end = self._page, self._sums.prose[-1], 0
        for element, rank in enumerate(ranks):
            begin = page.begins[element]
            if rank < lowest or begin < end or begin == page.ends[element]:
                continue
            share = self._prose(element, self._sums.prose) / (total or 1)
            doubtful = (
                share > _MOST_MAYBE
                if rank == 1
                else share > _MOST_BESIDE
                and not _COMMENTS.search(self._names[element][0])
                and (rank == 2 or page.tags[element] in _FORMS)
            )
            if not doubtful:
                yield element
                end = page.ends[element]

    def _prose_without(self, elements: list[int]) -> list[int]:
        prose = self._sums.prose
        steps = [0, *(after - before for before, after in pairwise(prose))]
        for element in elements:
            begin, end = self._page.begins[element] + 1, self._page.ends[element] + 2
            steps[begin:end] = [0] * (end - begin)
        return list(accumulate(steps))

    def _root(self) -> int:
        """Return the element that has the main text, and as little as possible around it."""
        root = self._body()
        children: dict[int, list[int]] = {}
        for element in range(root + 1, len(self._page.tags)):
            children.setdefault(self._page.parents[element], []).append(element)
        while below := children.get(root):
            best = max(below, key=lambda element: self._prose(element, self._clean))
            least = self._prose(root, self._clean) * _DOMINANT
            if self._page.tags[best] in _LEAVES or self._prose(best, self._clean) < max(least, 1):
                break
            if any(self._alike(best, other) for other in below):
                break
            root = best
        return root

    def _alike(self, element: int, other: int) -> bool:
        """Return whether another element with prose is of the same kind, as sections are."""
        return (
            other != element
            and bool(self._names[element][0])
            and self._names[other][0] == self._names[element][0]
            and self._prose(other, self._clean) > 0
        )

    def _body(self) -> int:
        """Return the element that the page says has its text; 0 if it does not say."""
        page, found = self._page, dict[int, list[int]]()
        least = max(_ENOUGH * 0.75, self._clean[-1] * 0.1)
        for element, tag in enumerate(page.tags):
            names, role = self._names[element]
            if tag in _NOT_BODY or not (names or role or tag in ("article", "main")):
                continue
            main = 1 if tag == "main" or role == "main" else 0
            rank = 3 if names and _BODY.search(names) else 2 if tag == "article" else main
            if rank and self._prose(element, self._clean) >= least:
                found.setdefault(rank, []).append(element)
        if not found:
            return 0
        bodies = found[max(found)]
        most = max(self._prose(body, self._clean) for body in bodies)
        first = next(body for body in bodies if self._prose(body, self._clean) >= most / 2)
        # An article may have its text in several; after it, there may be others.
        article = self._article_of(first)
        end = max(page.ends[body] for body in bodies if self._article_of(body) == article)
        while article and page.ends[first] < end:
            first = page.parents[first]
        return first

    def _article_of(self, element: int) -> int:
        while element and self._page.tags[element] != "article":
            element = self._page.parents[element]
        return element

    def _without(
        self, root: int, also: Callable[[int], Iterable[int]] = lambda _: ()
    ) -> list[tuple[int, int]]:
        """Return what an element has, without what is beside the main text, and some elements."""
        page = self._page
        begin, end = page.begins[root], page.ends[root]
        without = [
            (page.begins[element], page.ends[element])
            for element in (*self._beside, *also(root))
            if begin <= page.begins[element] and page.ends[element] <= end
        ]
        spans = []
        for cut, resumed in [*sorted(without), (end, end)]:
            if cut > begin:
                spans.append((begin, cut))
            begin = max(begin, resumed)
        return spans

    def _lists_of_links(self, root: int) -> Iterator[int]:
        page, lengths, linked, last = self._page, self._sums.lengths, self._sums.linked, 0
        for element in range(root + 1, len(page.tags)):
            begin, end = page.begins[element], page.ends[element]
            if begin >= page.ends[root]:
                break
            if begin == end or begin < last or page.tags[element] not in _LISTS:
                continue
            links = linked[end] - linked[begin]
            if (
                links > (lengths[end] - lengths[begin]) * _LINKS
                and self._prose(element, self._sums.prose) == 0
            ):
                yield element
                last = end


def _sums_of(page: Markup) -> _Sums:
    lengths, linked, prose = [0], [0], [0]
    free = links = 0  # characters of the paragraph
    in_link = False
    last = ""
    for mark, value in zip(page.marks, page.values, strict=True):
        size = gain = 0
        if mark in (TEXT, LITERAL):
            if size := _size_of(value):
                last = value
                if in_link:
                    links += size
                else:
                    free += size
        elif mark in (LINE, GAP):
            gain = _prose_of(free, links, last)
            free = links = 0
            last = ""
        elif mark == LINK:
            in_link = value[:1] not in ("", "#")  # an index of the page itself is part of it
        elif mark == LINK_END:
            in_link = False
        lengths.append(size)
        linked.append(size if in_link else 0)
        prose.append(gain)
    prose.append(_prose_of(free, links, last))
    return _Sums(*(list(accumulate(steps)) for steps in (lengths, linked, prose)))


def _size_of(text: str) -> int:
    """Return how long a text is, in letters of an alphabet: a Chinese one says more."""
    size = len(text.strip())
    return size if text.isascii() else size + 2 * len(_DENSE.findall(text))


def _prose_of(free: int, links: int, last: str) -> int:
    """Return what a paragraph counts as prose: its text outside of links, if it is one."""
    if links > free or free < 40:
        return 0
    return free if free >= 80 or _SENTENCE.search(last) else 0


def _names_of(tag: str, attributes: str) -> tuple[str, str]:
    """Return the names that an element has, and its role."""
    if not attributes:
        return "", ""
    role, names = "", ""
    for kind, *values in _NAMED.findall(attributes):
        if kind.lower() == "role":
            role = "".join(values).strip().lower()
        elif tag != "section" or kind.lower() != "id":  # which is named after its heading
            names += " " + "".join(values)
    return _VARIANT.sub("", names) if names else "", role
