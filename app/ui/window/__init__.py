"""The main window, and the three areas in which it assembles the packages.

::

    window            creates the areas and connects them; the start and the end
    layout            the views in their places; `title_bar` is one of them
    chat_area         the chat that is shown: the controllers of the conversation and the composer
    library_area      all chats: those of the sidebar, the archive, the palette, export and import
    model_area        those of the model: the models page, the menu, the cards in the sidebar
    sidebar_place     the sidebar beside the conversation, or over it in a narrow window
    title_controller  the title of what is shown, with its menu, and the highlighted chat
    menu_bar          the menu bar of macOS
    zoom_controller   zoom of everything, by keys and wheel
    events            dispatch of events from other threads
    error_actions     what the banner and failed answers offer
    command_list      every command, with its keys
    chat_navigator    switching between chats, and what turns change
    chat_presenter    the messages of the chat that is shown
    status_line       the line below the composer; `status_controller` fills it
    serving_controller  the local server: its `serving_sign` in the sidebar, and whether it goes
                      on, with an icon in the `tray`, when the window is closed
    model_labels      the model's name
    consent_controller  questions about calls of tools: answers, and where one is open
    answer_notice     notices that a long answer is done
    file_drop         dropped files, by what is done with them; `drop_overlay` shows it
    demo_line         the line above a chat with the demo model
    remote_line       the line above a chat whose answers are generated elsewhere
"""

from app.ui.window.window import Window

__all__ = ["Window"]
