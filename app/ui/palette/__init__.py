"""Ctrl+K, the command palette, which finds everything, and F1, the list of shortcuts.

::

    palette             the field, and what it looks for
    palette_list        what was found, in rows
    shortcut_list       every shortcut
    palette_controller  makes both
"""
