"""The user's folders, searched and read.

::

    file_index   the texts of a folder, and a search in them, in one file of SQLite
    passages     a text cut into passages, which are what is found
    index_words  the words of a text as they are indexed, in all scripts
    index_query  what is searched for: words into a query for SQLite
    stop_words   words that a search leaves out
    excerpts     the lines of a text that answer a query
"""
