"""The main window: puts the rooms together, and decides which chat and which page is shown.

::

    window         makes the controllers and connects them
    layout         the views, put in place; `title_bar` is one of them
    events         what happened elsewhere, each event to whom it concerns
    command_list   every command, with its keys
    chat_navigator which chat is shown, and what its turns change
    chat_presenter the messages of the chat that is shown
    status_line    the line below the composer
    model_labels   the model's name
    file_drop      what dropped files are for
"""

from app.ui.window.window import Window

__all__ = ["Window"]
