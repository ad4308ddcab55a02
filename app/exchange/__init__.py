"""Export and import of chats as files.

Export: `export` writes everything that the store knows of chats as JSON (``native_json``), or each
chat as Markdown, HTML or PDF. Import::

    found = read(paths)  # files, folders, archives; the program is recognised by the content
    show(found.sources, found.chats, found.messages, found.left_out, found.faults)
    report = found.into(store)

``README.md`` describes the formats. ``importer`` reads: ``import_files`` finds the files,
``json_stream`` reads JSON of any length, ``foreign_json`` checks types and counts fields that
nothing read, ``foreign_chat`` builds chats from other programs' messages, and each of these
programs has a module: ``chatgpt``, ``claude``, ``lmstudio``, ``openwebui``. ``exporter`` writes, to
``file_names`` that are valid everywhere: a ``markdown_page``, or an ``html_page``, whose
``html_blocks`` and ``html_formula`` the clipboard has, too (``clipboard_html``). ``answer_steps``
are an answer's in both, ``fences`` ends blocks of code, and ``footnotes`` writes citations.
``preset_file`` reads and writes presets, ``everything`` all there is.

All of it may take long and belongs on a worker thread, for which the window has ``service``;
``on_progress`` is called again and again, and an exception from it (`Cancelled`) ends the work.
"""

from app.exchange.exporter import ExportFormat, ExportOptions, export
from app.exchange.foreign_chat import OmissionReason
from app.exchange.importer import ImportedFiles, ImportReport, ImportSource, Progress, read
from app.exchange.markdown_page import ExportWords
from app.exchange.preset_file import PresetReport, export_presets, import_presets

__all__ = [
    "ExportFormat",
    "ExportOptions",
    "ExportWords",
    "ImportReport",
    "ImportSource",
    "ImportedFiles",
    "OmissionReason",
    "PresetReport",
    "Progress",
    "export",
    "export_presets",
    "import_presets",
    "read",
]
