"""The tool ``browser``: search, open and find in the user's folders, in encyclopaedias, on the web.

::

    source       the interface of what is searched, and the values that it returns
    page         text into a page: neutral characters, numbered links, lines of 80 columns
    library      the folders and encyclopaedias that the user has added, kept indexed; its parts
                 are `source_file` (the list), `folder_choice` (what may be added),
                 `library_source` (one of them), `index_process` (the process that reads them)
    source_status, faults
                 how they stand, and what can be wrong with them
    files/       folders
"""
