"""Figures that tools have made: decoded from their bytes, off the GUI's thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

_MOST_PIXELS = 20_000_000
_LARGEST = 2400  # pixels of a side that are kept: enough for the column on a dense screen
_KEPT = 64_000_000  # bytes of decoded figures
# What decodes a figure: neither the file's name nor its own words choose it.
_FORMATS = {b"\x89PNG": b"png", b"\xff\xd8\xff": b"jpeg", b"GIF8": b"gif", b"RIFF": b"webp"}


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return the size of a picture in pixels; None if it cannot be shown, or is too large."""
    reader, _ = _reader(data)
    size = reader.size() if reader else QSize()
    if size.isEmpty() or size.width() * size.height() > _MOST_PIXELS:
        return None
    return size.width(), size.height()


def decode(data: bytes) -> QImage:
    """Decode a picture, not larger than is needed; null if it cannot be read. Thread-safe."""
    reader, buffer = _reader(data)
    if reader is None:
        return QImage()
    size = reader.size()
    if size.isEmpty() or size.width() * size.height() > _MOST_PIXELS:
        return QImage()
    image = reader.read()
    buffer.close()
    if max(image.width(), image.height()) > _LARGEST:
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(_LARGEST, _LARGEST, Qt.AspectRatioMode.KeepAspectRatio, mode)
    return image


def _reader(data: bytes) -> tuple[QImageReader | None, QBuffer]:
    """Return a reader of these bytes, and the buffer, which has to live as long."""
    buffer = QBuffer()
    format = next((name for head, name in _FORMATS.items() if data.startswith(head)), None)
    if format is None:
        return None, buffer
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(format))
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    return reader, buffer


class FigureImages(QObject):
    """The decoded figures, those used last."""

    decoded = Signal(object)
    """The data of a figure that can be painted now."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.in_background: Callable[[Callable[[], QImage], Callable[[QImage], None]], object] = (
            lambda work, done: done(work())
        )
        """Does work on another thread, and passes its result on this one."""
        self._images: dict[bytes, QImage] = {}
        self._pending: set[bytes] = set()

    def get(self, data: bytes) -> QImage | None:
        """Return a figure, null if it cannot be read; None if it is being decoded now."""
        image = self._images.pop(data, None)
        if image is not None:
            self._images[data] = image  # used last
            return image
        if data not in self._pending:
            self._pending.add(data)
            self.in_background(lambda: decode(data), lambda image: self._put(data, image))
        return self._images.get(data)

    def _put(self, data: bytes, image: QImage) -> None:
        self._pending.discard(data)
        self._images[data] = image
        while len(self._images) > 1 and self._bytes > _KEPT:
            del self._images[next(iter(self._images))]
        self.decoded.emit(data)

    @property
    def _bytes(self) -> int:
        return sum(image.sizeInBytes() for image in self._images.values())
