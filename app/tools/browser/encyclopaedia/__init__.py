"""Encyclopaedias in ZIM files, such as those of Kiwix, without a network.

::

    encyclopaedia        the source ``zim:``: titles at once, and texts by the index
    encyclopaedia_task   its articles read into the index, in a process of its own
    article              an article into text
    title_search         which titles a question may mean
    zim_choice           whether a file may be added, and what it is called
    zim_address          the addresses of articles
    zim_file             the file: entries by path and by title
    zim_cluster          what is compressed in it
    zim_bytes            its bytes, also where it is in parts
"""
