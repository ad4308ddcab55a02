"""Text of PDFs beyond plain lines: forms, notes, pictures, hyphenated words."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.documents import worker
from app.documents.document import Document
from tests.fakes.pdf_file import pdf

CASES = Path(__file__).resolve().parents[1] / "cases" / "attachments"


def read(folder: Path, content: bytes) -> Document:
    path = folder / "a.pdf"
    path.write_bytes(content)
    return worker.read(path, lambda *_: None)


def test_the_case_of_a_form() -> None:
    document = worker.read(CASES / "p4_form.pdf", lambda *_: None)
    assert document.sections == ("Surname: Lindqvist-Field\nAccept: ☒\nPort: Bergen",)


FORM = [
    "/Subtype /Widget /FT /Tx /T (a) /V (Ada) /Rect [100 775 200 790]",
    "/Subtype /Widget /FT /Tx /T (b) /V (Lovelace) /Rect [300 775 400 790]",
    "/Subtype /Widget /FT /Tx /T (c) /Rect [100 763 200 778]",
    "/Subtype /Widget /FT /Tx /T (d) /V (secret) /Ff 8192 /Rect [400 763 500 778]",
    "/Subtype /Widget /FT /Tx /T (e) /TU (Born in) /V <FEFF7D0D> /Rect [50 300 90 320]",
    "/Subtype /Widget /FT /Ch /T (f) /Opt [[(n) (North)] [(s) (South)]] /V (s)"
    " /Rect [50 200 90 220]",
    "/Subtype /Widget /FT /Btn /T (g) /V /Yes /AS /Yes /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>"
    " /Rect [30 739 45 754]",
    "/Subtype /Widget /FT /Tx /T (h) /V (unseen) /F 2 /Rect [50 100 90 120]",
]
NOTES = [
    "/Subtype /Text /Contents (Ask Ann) /T (Bob) /Rect [0 0 9 9]",
    "/Subtype /Highlight /Contents (Why?) /Rect [0 0 9 9]",
    "/Subtype /Highlight /Rect [0 0 9 9]",
    "/Subtype /FreeText /Contents (Typed here) /Rect [0 0 9 9]",
    "/Subtype /Popup /Contents (Ask Ann) /Rect [0 0 9 9]",
    "/Subtype /Link /Contents (x) /Rect [0 0 9 9]",
]


def test_values_stand_behind_their_labels(tmp_path: Path) -> None:
    words = "First name                                    Last name\nEmpty\n \n   I agree"
    document = read(tmp_path, pdf([words], notes=FORM))
    lines = document.sections[0].split("\n")
    assert [" ".join(line.split()) for line in lines] == [
        "First name: Ada Last name: Lovelace",
        "Empty",
        "☒ I agree",
        "Born in: 納",
        "f: South",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "<xfa:datasets><x>a & b</x><xfa:data><form><Name>Euler</Name><No/><a><b>Kind &amp; "
            "good</b></a></form></xfa:data></xfa:datasets>",
            "Please wait...\nName: Euler\nb: Kind & good",
        ),
        ("<xfa:datasets><xfa:data><form></xfa:data></xfa:datasets>", "Please wait..."),
    ],
)
def test_a_form_that_pdfium_does_not_know(tmp_path: Path, data: str, said: str) -> None:
    assert read(tmp_path, pdf(["Please wait..."], xfa=data)).sections == (said,)


def test_notes_are_at_the_end_of_their_page(tmp_path: Path) -> None:
    document = read(tmp_path, pdf(["One", "Two"], notes=NOTES))
    assert document.sections == (
        "One\n[Comment, Bob]: Ask Ann\n[Comment]: Why?\nTyped here",
        "Two",
    )


def test_a_page_that_is_a_picture_is_named(tmp_path: Path) -> None:
    document = read(tmp_path, pdf(["One", None, "", "Four"]))
    assert document.pictures == (1,)
    assert document.text(range(4)) == (
        "[Page 1]\nOne\n\n[Page 2: a picture, without text]\n\n\n[Page 3]\n\n\n[Page 4]\nFour"
    )


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("infor-\nmation", "information"),
        ("COVID-\n19 cases", "COVID-19 cases"),
        ("Meyer-\nSchmidt", "Meyer-Schmidt"),
        ("an E-\nMail", "an E-Mail"),
        ("pages 1-\n3", "pages 1-\n3"),
        ("a well-known man, well-\nknown", "a well-known man, well-known"),
        ("wellknown, a well-known man, well-\nknown", "wellknown, a well-known man, wellknown"),
        ("an X-\nray", "an X-ray"),
        ("Ein- und\nAusgang", "Ein- und\nAusgang"),
        ("Größen-\nordnung", "Größenordnung"),
        ("1.\nFirst\n2.\nSecond", "1.\nFirst\n2.\nSecond"),
        ("- one\n- two", "- one\n- two"),
    ],
)
def test_hyphens_at_the_end_of_a_line(tmp_path: Path, broken: str, mended: str) -> None:
    assert read(tmp_path, pdf([broken])).sections == (mended,)
