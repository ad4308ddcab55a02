"""Everything between the start of the program and its window.

::

    data_folder        the data folder, locked by one Fireside at a time, and the chats in it
    single_instance    one window for each data folder
    recovery_dialogs   dialogs if the chats cannot be opened
    smoke_test         ``fireside --smoke``
"""
