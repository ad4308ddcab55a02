"""From the start of the program to a window.

::

    data_folder        the data folder, taken by one Fireside at a time, and the chats in it
    single_instance    one window for each data folder
    recovery_dialogs   what keeps the chats from opening, and the ways out
    smoke_test         ``fireside --smoke``
"""
