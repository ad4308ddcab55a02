"""Minimal PDFs, written after ISO 32000-1."""

from __future__ import annotations

from collections.abc import Sequence

LOCKED = "/Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{0}> /U <{0}>".format("5a" * 32)


_DOT = "BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 7F> EI"  # one grey pixel, scaled as it is drawn


def pdf(
    pages: Sequence[str | None], *, notes: Sequence[str] = (), xfa: str = "", locked: bool = False
) -> bytes:
    """Return a PDF with a page of Helvetica for each text.

    An empty text gives a page without any, None a page with a picture. ``notes`` are the contents
    of annotations of the first page, including widgets of a form. ``xfa`` are the data sets of an
    XFA form. ``locked``: the file needs a password that nobody knows.
    """
    numbers = range(4, 4 + 2 * len(pages), 2)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R {form}>>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, text in zip(numbers, pages, strict=True):
        lines = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
                 for line in (text or "").splitlines())  # fmt: skip
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        drawn = f"q 595 0 0 842 0 0 cm {_DOT} Q" if text is None else ""
        stream = f"{drawn} BT /F1 10 Tf 12 TL 50 780 Td {shown} ET"
        objects.append(
            "<< /Type /Page {notes}/Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Contents {number + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    first = len(objects) + 1
    objects += [f"<< /Type /Annot {note} >>" for note in notes]
    references = " ".join(f"{first + number} 0 R" for number in range(len(notes)))
    form = f"/AcroForm << /Fields [{references}] >> " if "/Widget" in "".join(notes) else ""
    if xfa:
        objects.append(f"<< /Length {len(xfa)} >>\nstream\n{xfa}\nendstream")
        form = f"/NeedsRendering true /AcroForm << /XFA [(datasets) {len(objects)} 0 R] >> "
    objects[0] = objects[0].replace("{form}", form)
    objects[3] = objects[3].replace("{notes}", f"/Annots [{references}] ")
    objects = [each.replace("{notes}", "") for each in objects]
    if locked:
        objects.append(f"<< {LOCKED} >>")
    out = b"%PDF-1.7\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    lock = f"/Encrypt {len(objects)} 0 R /ID [<00> <00>] " if locked else ""
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"""xref
0 {len(objects) + 1}
0000000000 65535 f \n{table}trailer
<< /Size {len(objects) + 1} /Root 1 0 R {lock}>>
startxref
{len(out)}
%%EOF
"""
    return out + end.encode()
