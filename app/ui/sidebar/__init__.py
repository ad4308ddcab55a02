"""The sidebar: the list of chats, and actions on them.

::

    sidebar          new chat, search, list, and buttons for other pages
    chat_list        the list, with its `chat_model`, `chat_delegate`, `chat_menu` and
                     `sticky_heading`
    chat_drag        dragging chats into folders
    chat_controller  connects the sidebar with the chats
    chat_undo        the toast that undoes a delete, archive or move
"""
