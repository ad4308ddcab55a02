"""Chats out into files and in from them.

::

    desk       asks for files, has it done, and tells what was done
    dialog     asks how chats are to be exported
    importing  shows what files have in them before it is imported
    printer    has `pdf` lay out pages, in slices
"""
