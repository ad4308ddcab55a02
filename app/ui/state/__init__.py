"""State shared by the packages of the window: values and lists, no widgets.

::

    store_access     runs work on the store and brings the result back
    chat_index       the chats there are, and changes to them
    current_chat     the chat that is shown
    chat_settings    instructions and sampling of the chat that is shown
    live_turns       the answers on their way
    model_choice     the model that is asked, and loaded
    installed_list   the models on this disk
    preset_index     the presets there are
    hardware_probe   what this computer has
"""
