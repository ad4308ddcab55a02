"""Chats out of Fireside and into it, as files.

Out: `export` writes all that the store knows of chats as JSON (``ours`` describes it), or has them
read as Markdown, HTML or PDF. In::

    found = read(paths)  # files, folders, archives, of any program: told by what is in them
    show(found.sources, found.chats, found.messages, found.left, found.faults)
    report = found.into(store)

``presets`` has presets in files of their own. ``files`` finds the files in what was chosen,
``stream`` reads JSON of any length, ``fields`` makes sure of types and knows what nobody asked
for, ``tree`` makes chats out of other programs' nodes; each of these has a module of its own. All
of it may take long and belongs on a worker thread; ``seen`` is called again and again, and an
exception from it (`Cancelled`) ends the work.
"""

from app.exchange.exporter import ExportFormat, ExportOptions, export
from app.exchange.foreign_chat import LeftOut
from app.exchange.importer import ImportedFiles, ImportReport, ImportSource, Seen, read
from app.exchange.markdown_page import ExportWords
from app.exchange.preset_file import PresetReport, export_presets, import_presets

__all__ = [
    "ExportFormat",
    "ExportOptions",
    "ExportWords",
    "ImportReport",
    "ImportSource",
    "ImportedFiles",
    "LeftOut",
    "PresetReport",
    "Seen",
    "export",
    "export_presets",
    "import_presets",
    "read",
]
