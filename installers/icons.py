"""Draw the program's icon in every size and format that the systems ask for.

    python installers/icons.py FOLDER

Needs PySide6, and nothing of Fireside.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Mapping
from pathlib import Path

SVG = Path(__file__).resolve().parents[1] / "resources" / "icons" / "fireside.svg"
SIZES = (16, 20, 22, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024)
_ICO = (16, 20, 24, 32, 40, 48, 64, 96, 128, 256)
_ICNS = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def main(folder: Path) -> None:
    """Write ``fireside-16.png`` and so on, ``fireside.ico`` and ``fireside.icns``."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: _draw(size) for size in SIZES}
    for size, picture in pictures.items():
        (folder / f"fireside-{size}.png").write_bytes(picture)
    (folder / "fireside.ico").write_bytes(ico({size: pictures[size] for size in _ICO}))
    (folder / "fireside.icns").write_bytes(
        icns({kind: pictures[size] for kind, size in _ICNS.items()})
    )


def ico(pictures: Mapping[int, bytes]) -> bytes:
    """Return a Windows icon made of PNG files by their size in pixels."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    for size, picture in pictures.items():
        side = size % 256  # 256 is written as 0
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return head + b"".join(pictures.values())


def icns(pictures: Mapping[bytes, bytes]) -> bytes:
    """Return a Mac's icon made of PNG files by their type in that format."""
    parts = [struct.pack(">4sI", kind, len(each) + 8) + each for kind, each in pictures.items()]
    return struct.pack(">4sI", b"icns", sum(map(len, parts)) + 8) + b"".join(parts)


def _draw(size: int) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SVG)).render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main(Path(sys.argv[1]))
