"""Ctrl+K, which finds everything, and F1, the list of keys.

::

    desk     makes both
    palette  the field, and what it looks for
    list     what was found, in rows
    keys     every key
"""
