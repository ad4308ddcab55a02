"""A Word file's formulas in linear notation, as typed by hand: ``(a+b)/(c)``, ``x^2``."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from app.documents.docx_package import child, local, value


def linear(element: Element | None) -> str:
    """Return the text of a formula, or of a part of one."""
    if element is None:
        return ""
    part = {local(each): each for each in element}
    match local(element):
        case "t":
            return element.text or ""
        case "f":
            return f"{_group(part.get('num'))}/{_group(part.get('den'))}"
        case "sSup" | "sSub" | "sSubSup":
            return linear(part.get("e")) + _scripts(part)
        case "sPre":
            return _scripts(part) + linear(part.get("e"))
        case "rad":
            degree = linear(part.get("deg"))
            return f"{f'({degree})' if degree else ''}√({linear(part.get('e'))})"
        case "nary":
            sign = value(child(part.get("naryPr"), "chr")) or "∫"
            return f"{sign}{_scripts(part)} {linear(part.get('e'))}"
        case "limLow" | "limUpp":
            return f"{linear(part.get('e'))}_({linear(part.get('lim'))})"
        case "d":
            settings = part.get("dPr")
            begin, end = (child(settings, name) for name in ("begChr", "endChr"))
            inside = ", ".join(linear(each) for each in element if local(each) == "e")
            return (
                f"{'(' if begin is None else value(begin)}{inside}"
                f"{')' if end is None else value(end)}"
            )
        case "m" | "eqArr":
            rows = [each for each in element if local(each) in ("mr", "e")]
            return "; ".join(linear(row) for row in rows)
        case "mr":
            return ", ".join(map(linear, element))
        case name if name.endswith("Pr"):
            return ""
    return "".join(map(linear, element))


def _scripts(part: dict[str, Element]) -> str:
    return "".join(
        f"{sign}{_group(part[name])}" if linear(part.get(name)) else ""
        for name, sign in (("sub", "_"), ("sup", "^"))
    )


def _group(element: Element | None) -> str:
    text = linear(element)
    return text if len(text) == 1 or text.isalnum() else f"({text})"
