"""The user's folders, searched and read.

::

    folder_source   a folder as what the browser searches; `folder_address` has its addresses
    folder_task     what is new, changed, moved or gone, into the index, in the child process
    folder_scan     what there is to read; `ignore_rules` and `exclusions` say what is not
    text_reading    a file into text with links; `skip_list` remembers those that gave none
    file_reads      a single file, read at once
    cited_file      the file that a citation leads to, for the user to open
    text_helper     a second process that reads, where there is much

    index_writing  one process at a time writes an index; what can keep it from that
    file_index   the texts of a folder, and a search in them, in one file of SQLite
    index_file   that file: who writes and reads it, and what can go wrong
    passages     a text cut into passages, which are what is found
    index_words  the words of a text as they are indexed, in all scripts
    index_query  what is searched for: words into a query for SQLite
    stop_words   words that a search leaves out
    excerpts     the lines of a text that answer a query
"""
