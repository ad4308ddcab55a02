"""The page of the archive and the bin.

::

    archive_page        the page
    archive_controller  makes it, and does what is chosen there
"""
