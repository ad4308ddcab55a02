"""The side bar: the list of chats, and what is done with them there.

::

    sidebar          new chat, search, list, and the way to other pages
    chat_list        the list, with its `chat_model`, `chat_delegate` and `chat_menu`
    chat_controller  connects the side bar with the chats
    chat_undo        the toast that undoes a delete, archive or move
"""
