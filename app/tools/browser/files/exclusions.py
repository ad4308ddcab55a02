"""What is never read of a folder, whatever its rules say: others' code, keys, what has no text."""

from __future__ import annotations

import re
from collections.abc import Collection

from app.base.folder import FolderItem

LARGEST_TEXT = 10_000_000
"""The most bytes of a text file that is read."""
LARGEST_PACKED = 100_000_000
"""The most bytes of a PDF or a Word file that is read."""

_LARGEST_KEY = 20_000  # bytes
_PACKED = (".pdf", ".docx", ".docm", ".dotx", ".dotm")
_FOLDERS = frozenset({
    "node_modules", "bower_components", "__pycache__", "__macosx", "$recycle.bin",
    "system volume information", "lost+found",
})  # fmt: skip
_PACKAGES = (".app", ".photoslibrary", ".musiclibrary", ".tvlibrary", ".framework", ".egg-info")
_MARKERS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG"})  # of Python's environments; of caches
_MADE = re.compile(
    r".*\.min\.(?:js|css)|.*\.(?:map|pyc|pyo|class|o|obj)|thumbs\.db|desktop\.ini"
    r"|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml"
)
_SECRET = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:[-_.].*)?|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx?|ppk|env"
    r"|gpg|pgp|ovpn|agilekeychain|wallet)|wallet\.dat|(?:.*[-_.])?(?:credentials?|secrets?)"
    r"\.(?:json|ya?ml|toml|ini|txt|xml|csv)|client_secret.*\.json|service[-_]account.*\.json"
    r"|htpasswd|shadow|_netrc|passwords?\.(?:txt|csv|xlsx?|docx?|json|md)|logins\.json"
)
_NO_TEXT = (
    # pictures, sound, video
    "png jpg jpeg gif bmp tif tiff webp heic heif avif ico icns psd jxl raw dng cr2 nef arw svg",
    "svgz xcf ai eps mp3 m4a aac ogg oga opus flac wav wma aiff mid midi mp4 m4v mkv webm avi mov",
    "wmv mpg mpeg flv 3gp",
    # archives, images of disks, programs and their parts
    "zip tar gz tgz bz2 xz txz zst 7z rar jar war apk aar ipa deb rpm dmg iso img vhd vhdx vmdk",
    "qcow2 cab msi exe dll so dylib a lib bin com sys elf wasm node whl egg crx xpi appimage snap",
    "flatpak",
    # fonts, data, models
    "ttf otf woff woff2 eot db sqlite sqlite3 mdb accdb dbf frm ibd ldf mdf parquet feather orc",
    "avro h5 hdf5 npy npz mat pkl pickle pt pth ckpt onnx safetensors gguf ggml tflite pb rdb mo",
    "zim dat pak idx pack swp lock",
    # documents that are not read
    "doc dot xls xlsx xlsm xlsb ppt pptx pptm odt ods odp odg pages numbers rtf epub mobi azw azw3",
    "djvu chm one pst ost msg vsd vsdx pub xps ps dwg dxf blend stl fbx glb step stp skp key",
)
_NO_TEXT_ENDINGS = frozenset(" ".join(_NO_TEXT).split())


def is_never_read(item: FolderItem) -> bool:
    """Return whether a file or folder is as if it were not there."""
    name = item.name.casefold()
    if item.hidden:
        return True
    if item.is_folder:
        return name in _FOLDERS or name.endswith(_PACKAGES)
    return bool(_MADE.fullmatch(name))


def is_foreign(names: Collection[str]) -> bool:
    """Return whether a folder with such names in it holds what is made by programs for programs."""
    return not _MARKERS.isdisjoint(names)


def is_secret(name: str, size: int) -> bool:
    """Return whether a file is one of keys or passwords, by its name and its bytes."""
    name = name.casefold()
    if name.endswith(".key") and size > _LARGEST_KEY:  # Keynote's are called so, too
        return False
    return bool(_SECRET.fullmatch(name))


def begins_like_key(text: str) -> bool:
    """Return whether a text is a private key, whatever its file is called."""
    return re.match(r"\s*(?:-----BEGIN [A-Z ]*PRIVATE KEY|PuTTY-User-Key-File-)", text) is not None


def has_no_text(name: str) -> bool:
    """Return whether a file has none, by the end of its name."""
    return name.rpartition(".")[2].casefold() in _NO_TEXT_ENDINGS


def largest(name: str) -> int:
    """Return the most bytes that a file of this name may have."""
    return LARGEST_PACKED if name.casefold().endswith(_PACKED) else LARGEST_TEXT
