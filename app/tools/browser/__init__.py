"""The tool ``browser``: search, open and find in the user's folders, in encyclopaedias, on the web.

::

    source       the interface of what is searched, and the values that it returns
    page         text into a page: neutral characters, numbered links, lines of 80 columns
"""
