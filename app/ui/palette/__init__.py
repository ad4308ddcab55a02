"""The command palette (Ctrl+K), and the list of shortcuts (F1).

::

    palette             the search field, and the search
    palette_list        the results, in rows
    shortcut_list       every shortcut
    palette_controller  creates both
"""
