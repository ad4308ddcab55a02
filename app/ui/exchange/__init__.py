"""Chats out into files and in from them.

::

    desk     asks for files, has it done, and tells what was done
    dialog   asks how chats are to be exported
    printer  has `pdf` lay out pages, in slices
"""
