"""The page of the archive and the bin.

::

    archive_page        the page
    archive_controller  creates it, and carries out its actions
"""
