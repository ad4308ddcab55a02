"""The side bar: the list of chats, and actions on them.

::

    sidebar          new chat, search, list, and buttons for other pages
    chat_list        the list, with its `chat_model`, `chat_delegate` and `chat_menu`
    chat_controller  connects the side bar with the chats
    chat_undo        the toast that undoes a delete, archive or move
"""
