"""Fireside: gpt-oss on a person's own computer, in a native window.

A map of the code, from the ground up; a lower room never imports a higher one.

=============  ==============================================================
``base``       values that every room speaks in, the tree of errors, settings,
               the data folders, the reader of GGUF files
``tokenizer``  text into tokens and back, by the vocabulary of a GGUF file
``formats``    how a family of models speaks: prompts out, messages in
``markdown``   a message's text into blocks that can be drawn
``engine``     the model: the plan, a child process with llama.cpp, its supervisor
``models``     what is offered, what is on this disk already, and the downloader
``store``      chats on disk, as trees of messages, in SQLite
``exchange``   chats as files, out and in
``documents``  text out of the files that a person attaches
``writer``     an answer while it grows, in memory and on disk
``titles``     a title for a chat, by the model
``turn``       a turn as a value, and the events that are told about it
``chat``       a turn: question -> store -> engine -> store
``host``       the one object graph
``ui``         the window; the only room that knows Qt (``talk``: the conversation,
               ``blocks``: what a message is painted with)
=============  ==============================================================

What is not in ``ui`` has never heard of Qt. What is not ``engine/llama.py`` has never
imported llama_cpp.
"""

__version__ = "0.1.0"
"""The one place of it: packages, installers and the list of what is in them read it here."""

REPOSITORY = ""
"""Where Fireside is released, as GitHub's "owner/name". Nobody has said yet where that is: the
release workflow puts its own repository here, and without one no look for a new version is
offered."""
