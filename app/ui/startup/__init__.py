"""The way to a window, and what stands in it.

::

    opening   a folder and the chats in it, which `instance` has one window have
    rescue    what keeps Fireside from starting, and the ways out
    smoke     ``fireside --smoke``
"""
