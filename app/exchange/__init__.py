"""Chats out of Fireside and into it, as files.

Out: `export` writes all that the store knows of chats as JSON (``ours`` describes it), or has them
read as Markdown, HTML or PDF. In::

    found = read(path)  # Fireside, ChatGPT, LM Studio or Open WebUI: told by what is in it
    show(found.source, found.chats, found.messages, found.left)
    report = found.into(store)

``presets`` has presets in files of their own. ``stream`` reads JSON of any length, ``fields``
makes sure of types, ``tree`` makes chats out of other programs' nodes. All of it may take long and
belongs on a worker thread; ``seen`` is called after each chat, and an exception from it
(`Cancelled`) ends the work.
"""

from app.exchange.incoming import Import, Report, Seen, Source, read
from app.exchange.markdown import Words
from app.exchange.outgoing import Form, Manner, export
from app.exchange.presets import PresetReport, export_presets, import_presets
from app.exchange.tree import Left

__all__ = [
    "Form",
    "Import",
    "Left",
    "Manner",
    "PresetReport",
    "Report",
    "Seen",
    "Source",
    "Words",
    "export",
    "export_presets",
    "import_presets",
    "read",
]
