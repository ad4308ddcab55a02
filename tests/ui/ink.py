"""Print the painted ink of each script, as JSON.

Run by `test_scripts` in a process of its own, which knows the fonts in this folder and no others of
the system. Ink is how much darker than paper an image is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import cast

import pypdfium2
import ziafont
from PySide6.QtCore import QBuffer, QLoggingCategory, QRectF
from PySide6.QtGui import QFont, QFontDatabase, QImage, QPageSize, QPainter, QPdfWriter, QTextLayout
from PySide6.QtWidgets import QApplication

from app.base.settings import ThemeChoice
from app.markdown import parse
from app.ui.blocks.box import Highlights, Style
from app.ui.blocks.column import Column
from app.ui.theme import Theme, font
from tests.ui.painting import painted

SCRIPTS = {
    "Latin": "Grammar",
    "Greek": "γραμματική",
    "Cyrillic": "Грамматика",
    "Chinese": "中文语法",
    "Japanese": "日本語の文法",
    "Korean": "한국어",
    "Arabic": "مرحبا",
    "Hebrew": "שלום",
    "Devanagari": "हिन्दी",
    "Thai": "ภาษาไทย",
    "Georgian": "ქართული",
    "Tamil": "தமிழ்",
    "Emoji": "😀",
}


def boxed(theme: Theme, markdown: str, pixels: int = 15) -> Column:
    """Lay out a message."""
    column = Column(theme, Style(pixels))
    column.set_blocks(parse(markdown))
    column.lay_out(300)
    return column


def lost(text: str, face: QFont) -> int:
    """Return the number of characters drawn as boxes, because no font has them."""
    layout = QTextLayout(text, face)
    layout.beginLayout()
    layout.createLine().setLineWidth(1e6)
    layout.endLayout()
    return sum(run.glyphIndexes().count(0) for run in layout.glyphRuns())


def seen(column: Column) -> str:
    """Return a hash of what is painted."""
    image = painted(column)  # keeps its memory alive
    return sha256(bytes(image.constBits())).hexdigest()


def ink(column: Column) -> int:
    return _dark(painted(column))


def _dark(image: QImage) -> int:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    lines = (bytes(cast(memoryview, grey.constScanLine(y))) for y in range(grey.height()))
    return sum(255 - line[x] for line in lines for x in range(300))


def pdf_ink(column: Column) -> int:
    """Return the ink of the same column on a PDF page."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(96)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A6))
    painter = QPainter(writer)
    column.paint(painter, QRectF(0, 0, 300, column.height), Highlights())
    painter.end()
    page = pypdfium2.PdfDocument(buffer.data().data())[0]
    return int((255 - page.render(scale=2).to_numpy().astype(int)).sum())


def measured(theme: Theme) -> dict[str, dict[str, object]]:
    columns = {script: boxed(theme, text) for script, text in SCRIPTS.items()}
    before = {script: seen(column) for script, column in columns.items()}
    others: list[Callable[[], object]] = [
        lambda: ink(boxed(theme, "```python\nprint(1)  # 日本語\n```")),
        lambda: ink(boxed(theme, "$x^2$ and `code`")),
        lambda: ink(boxed(theme, "**b** *i* ***bi***")),
        lambda: ink(boxed(theme, "# Heading\n\n| a | b |\n|---|---|\n| c | d |")),
        lambda: ink(boxed(theme, "zoomed `code`", 22)),
    ]
    for other in others:
        other()
    found: dict[str, dict[str, object]] = {}
    for script, text in SCRIPTS.items():
        plain = ink(columns[script])
        page = pdf_ink(columns[script])
        one, two = (
            ink(boxed(theme, f"| {a} |\n|---|\n| {b} |")) for a, b in ((text, ""), ("", text))
        )
        none = ink(boxed(theme, "|   |\n|---|\n|   |"))
        found[script] = {
            "plain": plain,
            "lost": lost(text, font(15)),
            "same": seen(columns[script]) == before[script],
            "new": seen(boxed(theme, text)) == before[script],
            "zoomed": ink(boxed(theme, text, 30)) / plain,
            "bold": ink(boxed(theme, f"**{text}**")) / plain,
            "italic": ink(boxed(theme, f"*{text}*")) / plain,
            "slanted": seen(boxed(theme, f"*{text}*")) != before[script],
            "both": ink(boxed(theme, f"***{text}***")) / plain,
            "within": ink(boxed(theme, f"x **{text}** x")) / ink(boxed(theme, f"x {text} x")),
            "heading": ink(boxed(theme, f"#### {text}")) / plain,
            "header": (one - none) / (two - none),
            "pdf bold": pdf_ink(boxed(theme, f"**{text}**")) / page,
            "pdf italic": pdf_ink(boxed(theme, f"*{text}*")) / page,
        }
    # Another program installs a font: shown text is laid out again, as a canvas does it.
    for column in columns.values():
        theme.changed.connect(column.restyle)
    QFontDatabase.addApplicationFont(str(Path(ziafont.__file__).parent / "fonts/DejaVuSans.ttf"))
    QApplication.processEvents()
    for script, column in columns.items():
        found[script]["installed"] = seen(column) == seen(boxed(theme, SCRIPTS[script]))
    return found


if __name__ == "__main__":
    QLoggingCategory.setFilterRules("qt.text.font.db=false")
    application = QApplication([])
    application.setStyle("Fusion")
    json.dump(measured(Theme(application, ThemeChoice.LIGHT)), sys.stdout)
