"""Minimal Word files, written after ECMA-376, with the parts that a test gives."""

from __future__ import annotations

import io
import zipfile

_NAMES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "v": "urn:schemas-microsoft-com:vml",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    }.items()
)
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)


def word(body: str, links: dict[str, str] | None = None, **parts: str) -> bytes:
    """Return a file with this body.

    ``parts`` are the contents of other parts by the kind of their relation (``styles``,
    ``footnotes``, ``header``…), which is also their id; ``links`` are addresses by their ids.
    """
    relations = "".join(
        f'<Relationship Id="{kind}" Type="{_KINDS}{kind}" Target="{kind}.xml"/>' for kind in parts
    ) + "".join(
        f'<Relationship Id="{id_}" Type="{_KINDS}hyperlink" Target="{target}" '
        'TargetMode="External"/>'
        for id_, target in (links or {}).items()
    )
    main = f'<Relationship Id="a" Type="{_KINDS}officeDocument" Target="word/document.xml"/>'
    files = {
        "_rels/.rels": _RELATIONS.format(main),
        "word/_rels/document.xml.rels": _RELATIONS.format(relations),
        "word/document.xml": f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>",
    } | {
        f"word/{kind}.xml": f"<w:{kind} {_NAMES}>{inside}</w:{kind}>"
        for kind, inside in parts.items()
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def p(*inside: str, style: str = "", list_: tuple[int, int] | None = None) -> str:
    """Return a paragraph of runs, or of a text; in a list by its id and level."""
    settings = f'<w:pStyle w:val="{style}"/>' if style else ""
    if list_:
        number, level = list_
        settings += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{settings}</w:pPr>{''.join(map(r, inside))}</w:p>"


def r(text: str) -> str:
    """Return a run; text with a tag is left as it is."""
    return text if text.startswith("<") else f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: list[str]) -> str:
    """Return a table of cells, which hold paragraphs, or settings and paragraphs."""
    cells = (
        "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row)
        for row in rows
    )
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"
