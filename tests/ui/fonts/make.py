"""Make the fonts in this folder: a few characters of Noto in each script that Inter lacks.

    python3 -m venv /tmp/ft && /tmp/ft/bin/pip install fonttools
    /tmp/ft/bin/python tests/ui/fonts/make.py /usr/share/fonts

Noto is under the SIL Open Font License (OFL.txt); the subsets are renamed, so that they are not
mistaken for it. Debian 12 has them in fonts-noto-core 20201225-1, fonts-noto-cjk 20220127 and
fonts-noto-color-emoji 2.042. Most have only a regular face, so that Qt has to synthesise a bold
one; Hebrew has a bold face, and Arabic an italic one that lacks Arabic, as in DejaVu Sans. That one
is named to sort after the regular face: Qt assumes that the first file of a family supports
whatever all of them support.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

HERE = Path(__file__).parent
_CJK = "opentype/noto/NotoSansCJK-Regular.ttc"
_NOTO = "truetype/noto/NotoSans"
FACES = (
    ("CJK", "Regular", _CJK, "中文语法日本語の文法한국어문。"),
    ("Arabic", "Regular", f"{_NOTO}Arabic-Regular.ttf", "مرحبا"),
    ("Arabic", "Slanted", f"{_NOTO}-Italic.ttf", "abc"),
    ("Hebrew", "Regular", f"{_NOTO}Hebrew-Regular.ttf", "שלום"),
    ("Hebrew", "Bold", f"{_NOTO}Hebrew-Bold.ttf", "שלום"),
    ("Devanagari", "Regular", f"{_NOTO}Devanagari-Regular.ttf", "हिन्दी"),
    ("Thai", "Regular", f"{_NOTO}Thai-Regular.ttf", "ภาษาไทย"),
    ("Georgian", "Regular", f"{_NOTO}Georgian-Regular.ttf", "ქართული"),
    ("Tamil", "Regular", f"{_NOTO}Tamil-Regular.ttf", "தமிழ்"),
    ("Emoji", "Regular", "truetype/noto/NotoColorEmoji.ttf", "😀"),
)


def make(fonts: Path) -> None:
    """Write all fonts."""
    for script, style, source, characters in FACES:
        options = subset.Options()
        options.layout_features = ["*"]
        options.name_IDs = [1, 2, 4, 6]
        options.hinting = False
        options.notdef_outline = True
        font = TTFont(fonts / source, fontNumber=0)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters + " ")
        subsetter.subset(font)
        family = f"Fireside Test {script}"
        plain = f"{family} {style}".replace(" ", "-")
        for number, name in ((1, family), (2, style), (4, f"{family} {style}"), (6, plain)):
            font["name"].setName(name, number, 3, 1, 0x409)
        if style == "Slanted":
            font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x40 | 0x01
            font["head"].macStyle |= 0x02
        font.save(HERE / f"{script}-{style}.{'otf' if 'CFF ' in font else 'ttf'}")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
