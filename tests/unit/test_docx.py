"""The text of Word files, for each way to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base.errors import DocumentBroken
from app.documents import worker
from tests.fakes.word_file import p, r, table, word

CASES = Path(__file__).resolve().parents[1] / "cases" / "attachments"


def read(path: Path) -> str:
    document = worker.read(path, lambda *_: None)
    return document.text(range(len(document.sections)))


def said(folder: Path, content: bytes) -> str:
    path = folder / "a.docx"
    path.write_bytes(content)
    return read(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "d1_tracked",
            "# Report\n\nThe survey covers \n\nThe price is 250 euro.\n\n"
            "A whole paragraph that was typed with tracking on.\n\nMoved sentence.",
        ),
        (
            "d3_sdt",
            "# Report\n\nThe survey covers \n\nName: Ingrid Form\n\n"
            "Block content control paragraph.\n\nLinked words and smart tag wordsfield 12\n\nE=mc2",
        ),
        ("d5_footnote", "Claim one[^1]\n\n[^1]: Source: harbour log 1911."),
    ],
)
def test_the_cases(name: str, text: str) -> None:
    assert read(CASES / f"{name}.docx") == text


def test_what_was_deleted_is_not_there(tmp_path: Path) -> None:
    gone = "<w:r><w:delText>gone</w:delText></w:r>"
    end = '<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr>{}</w:p>'
    body = (
        p("Moved ", f"<w:moveFrom>{r('away')}</w:moveFrom>", f"<w:moveTo>{r('here')}</w:moveTo>")
        + end.format(r("The end of a line "))
        + p("was deleted.")
        + end.format(f"<w:del>{gone}</w:del>")
        + p("kept", f"<w:del>{gone}</w:del>",
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>")
        + table(["a", "b"]).replace("</w:tbl>", "<w:tr><w:trPr><w:del/></w:trPr><w:tc>"
                                    + p("gone") + "</w:tc></w:tr></w:tbl>")
    )  # fmt: skip
    assert said(tmp_path, word(body)) == (
        "Moved here\n\nThe end of a line was deleted.\n\nkept\n\na | b"
    )


def test_content_controls_wherever_they_are(tmp_path: Path) -> None:
    def control(inside: str) -> str:
        settings = "<w:sdtPr><w:alias w:val='no'/></w:sdtPr>"
        return f"<w:sdt>{settings}<w:sdtContent>{inside}</w:sdtContent></w:sdt>"

    row = "<w:tr>" + control(f"<w:tc>{p(control(r('cell')))}</w:tc>") + "</w:tr>"
    body = (
        control(control(p("block")))
        + p("Name: ", control(control(r("Ada"))))
        + f"<w:tbl>{control(row)}</w:tbl>"
        + f"<w:customXml>{p('custom')}</w:customXml>"
    )
    assert said(tmp_path, word(body)) == "block\n\nName: Ada\n\ncell\n\ncustom"


def test_a_text_box_is_there_once(tmp_path: Path) -> None:
    inside = f"<w:txbxContent>{p('In the box')}{p('two')}</w:txbxContent>"
    box = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>"
        "<wp:positionH><wp:posOffset>12700</wp:posOffset></wp:positionH><wps:txbx>"
        f"{inside}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
        f"{inside}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    old = f"<w:txbxContent>{p('old')}</w:txbxContent>"
    old = f"<w:r><w:pict><v:textbox>{old}</v:textbox></w:pict></w:r>"
    assert said(tmp_path, word(p("before ", box, "after") + p(old))) == (
        "before after\n\nIn the box\n\ntwo\n\nold"
    )


def test_notes_comments_headers_and_footers(tmp_path: Path) -> None:
    body = (
        p("One", "<w:r><w:footnoteReference w:id='7'/></w:r>", ", two",
          "<w:r><w:endnoteReference w:id='7'/></w:r>", ", three",
          "<w:r><w:commentReference w:id='0'/></w:r>")
        + "<w:p><w:pPr><w:sectPr><w:headerReference w:type='default' r:id='header'/></w:sectPr>"
        "</w:pPr></w:p>"
        + "<w:sectPr><w:headerReference w:type='default' r:id='header'/>"
        "<w:headerReference w:type='first' r:id='unseen'/>"
        "<w:footerReference w:type='default' r:id='footer'/></w:sectPr>"
    )  # fmt: skip
    made = word(
        body,
        footnotes=f"<w:footnote w:type='separator' w:id='-1'>{p('no')}</w:footnote>"
        f"<w:footnote w:id='7'>{p('foot')}{p('note')}</w:footnote>",
        endnotes=f"<w:endnote w:id='7'>{p('end')}</w:endnote>",
        comments=f"<w:comment w:id='0' w:author='Ann'>{p('Really?')}</w:comment>",
        header=p("Annual", "<w:r><w:tab/></w:r>", "report"),
        unseen=p("First page"),
        footer=p("Page 1"),
    )
    assert said(tmp_path, made) == (
        "[Header] Annual report\n\nOne[^1], two[^2], three[Comment 1]\n\n[^1]: foot\nnote\n\n"
        "[^2]: end\n\n[Comment 1, Ann]: Really?\n\n[Footer] Page 1"
    )


def test_links_and_fields(tmp_path: Path) -> None:
    def field(code: str, result: str) -> str:
        char = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>".format
        instruction = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        return f"{char('begin')}{instruction}{char('separate')}{result}{char('end')}"

    box = (
        "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='1'/>"
        "</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText>"
        "</w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
    )
    body = (
        p("See ", f"<w:hyperlink r:id='l'>{r('the page')}</w:hyperlink>", " or ",
          f"<w:hyperlink r:id='m'>{r('a@b.org')}</w:hyperlink>")
        + p("On page ", field("PAGE", r("3")), " of ",
            field(' HYPERLINK "https://x.org/" ', r("it")))
        + p(field(f"IF a = </w:instrText></w:r>{field('DATE', r('1 May'))}<w:r><w:instrText>",
                  r("yes")))
        + p(box, " done")
        + p("<w:r><w:fldChar w:fldCharType='begin'/></w:r>", "lost")
        + p("a field that never ends takes no more")
    )  # fmt: skip
    made = word(body, links={"l": "https://a.org/b", "m": "mailto:a@b.org"})
    assert said(tmp_path, made) == (
        "See [the page](https://a.org/b) or a@b.org\n\nOn page 3 of [it](https://x.org/)\n\nyes\n\n"
        "☒ done\n\na field that never ends takes no more"
    )


def _level(level: int, form: str, text: str, more: str = "") -> str:
    return (
        f"<w:lvl w:ilvl='{level}'><w:start w:val='1'/><w:numFmt w:val='{form}'/>{more}"
        f"<w:lvlText w:val='{text}'/></w:lvl>"
    )


NUMBERING = (
    "<w:abstractNum w:abstractNumId='0'>"
    + _level(0, "decimal", "%1.", "<w:pStyle w:val='H1'/>")
    + _level(1, "decimal", "%1.%2", "<w:pStyle w:val='H2'/>")
    + _level(2, "lowerLetter", "(%3)")
    + "</w:abstractNum><w:abstractNum w:abstractNumId='1'>"
    + _level(0, "bullet", "\uf0b7")
    + _level(1, "upperRoman", "%2)")
    + "</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>"
    "<w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num>"
    "<w:num w:numId='3'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'>"
    "<w:startOverride w:val='5'/></w:lvlOverride></w:num>"
)
STYLES = (
    "<w:style w:type='paragraph' w:styleId='H1'><w:name w:val='heading 1'/><w:pPr><w:numPr>"
    "<w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='H2'><w:name w:val='heading 2'/><w:basedOn w:val='H1'/>"
    "</w:style>"
    "<w:style w:type='paragraph' w:styleId='Circle'><w:basedOn w:val='Circle'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='Mine'><w:name w:val='Mine'/><w:pPr>"
    "<w:outlineLvl w:val='2'/></w:pPr></w:style>"
)


def test_numbers_and_bullets(tmp_path: Path) -> None:
    body = (
        p("Scope", style="H1") + p("Terms", style="H2") + p("Rules", style="H2")
        + p("x", list_=(1, 2)) + p("y", list_=(1, 2))
        + p("Costs", style="H1") + p("Taxes", style="H2")
        + p("dot", list_=(2, 0)) + p("deep", list_=(2, 1)) + p("deeper", list_=(2, 1))
        + p("five", list_=(3, 0)) + p("six", list_=(3, 0))
        + p("none", list_=(0, 0)) + p("unknown", list_=(9, 0)) + p("round", style="Circle")
        + p("deep title", style="Mine")
    )  # fmt: skip
    assert said(tmp_path, word(body, numbering=NUMBERING, styles=STYLES)) == (
        "# 1. Scope\n\n## 1.1 Terms\n\n## 1.2 Rules\n\n    (a) x\n    (b) y\n\n# 2. Costs\n\n"
        "## 2.1 Taxes\n\n- dot\n  I) deep\n  II) deeper\n5. five\n6. six\n\nnone\n\nunknown\n\n"
        "round\n\n### deep title"
    )


def test_tables(tmp_path: Path) -> None:
    down = "<w:tcPr><w:vMerge{}/></w:tcPr>".format
    body = table(
        ["a", f"{down(' w:val=' + chr(34) + 'restart' + chr(34))}{p('tall')}"],
        [f"{p('two')}{p('lines')}", f"{down('')}{p('')}"],
        [f"{p('in:')}{table(['1', '2'], ['3', '4'])}{p('')}", "d"],
    )
    assert said(tmp_path, word(body)) == "a | tall\ntwo lines | \nin:; 1, 2; 3, 4 | d"


def test_formulas_in_one_line(tmp_path: Path) -> None:
    def m(name: str, *inside: str) -> str:
        return f"<m:{name}>{''.join(inside)}</m:{name}>"

    def t(text: str) -> str:
        return m("r", m("t", text))

    square = m("sSup", m("e", t("x")), m("sup", t("2")))
    body = p("So ", m("oMath", m("f", m("num", t("a+b")), m("den", t("2"))), t("="),
                      m("rad", m("radPr"), m("deg"), m("e", square))), ".")  # fmt: skip
    assert said(tmp_path, word(body)) == "So (a+b)/2=√(x^2)."


def test_signs_breaks_and_readings(tmp_path: Path) -> None:
    signs = (
        "<w:r><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:tab/><w:t>e</w:t><w:noBreakHyphen/>"
        "<w:t>mail</w:t><w:br/><w:t>next</w:t><w:sym w:font='Wingdings' w:char='F0FE'/>"
        "<w:sym w:font='Symbol' w:char='F061'/></w:r>"
    )
    ruby = (
        "<w:r><w:ruby><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>東京</w:t>"
        "</w:r></w:rubyBase></w:ruby></w:r>"
    )
    assert said(tmp_path, word(p(signs) + p(ruby))) == "coop\te-mail\nnext☑α\n\n東京(とうきょう)"


@pytest.mark.parametrize(
    "body", ["<w:sdt>" * 5000 + "</w:sdt>" * 5000, "<w:p>", "</w:body><w:body>&nbsp;"]
)
def test_nonsense_is_broken(tmp_path: Path, body: str) -> None:
    with pytest.raises(DocumentBroken):
        said(tmp_path, word(body))


def test_a_paragraph_without_an_end_is_there_where_none_follows(tmp_path: Path) -> None:
    last = '<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr>{}</w:p>'
    rows = table(["a", "b"])
    body = (
        last.format(r("one"))
        + rows
        + rows.replace(p("a"), last.format(r("two")))
        + last.format(r("three"))
    )
    assert said(tmp_path, word(body)) == "one\n\na | b\n\ntwo | b\n\nthree"
