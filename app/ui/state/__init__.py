"""State shared by the packages of the window: values and lists, no widgets.

::

    shared_state     all of it, created for a window
    store_access     runs work on the store and delivers the result
    chat_index       all chats, and changes to them
    current_chat     the chat that is shown
    chat_settings    instructions and sampling of the chat that is shown
    chat_tools       the tools that there are, and which are on in that chat
    source_list      the folders and encyclopaedias, and their status
    live_turns       the running answers, each a `live_answer` with its `live_calls`
    model_choice     the model that is used, and loading it
    installed_list   the models on this disk
    preset_index     all presets, and changes to them
    local_serving    the local server: whether it is on, its token, what it does
    client_watch     the other programs that the engine answers
    hardware_probe   the hardware of this computer
"""
