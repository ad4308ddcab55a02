"""Checks of folders that take longer than the suite may: a large one indexed, and a chat traced.

::

    offline_chat  a whole chat over a folder, without a window and with a scripted model
    traced        the same under strace: which sockets it opens
    large         5,000 documents into an index: seconds, size, queries, a second look
"""
