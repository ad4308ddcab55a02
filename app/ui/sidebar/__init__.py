"""The chats: the list at the left, what is done with them, and the page of those out of the way.

::

    index       which chats there are, and what is done with them
    sidebar     the bar at the left
    list        the list in it, with its `rows`, `delegate` and `menu`
    order_desk  order among them, and the chat that is shown when it is put out of the way
    away_page   archive and bin, which `away_desk` makes
    branches    other versions of messages
"""
