"""The window: the only room that knows Qt.

::

    app          starts it and ends it (`start`: the folder, damaged chats, one window for each)
    window       the rooms of the window, and what is shown in them
    frame        where everything stands; `greeting` stands in an empty chat
    commands     what a person can have the window do, by key or by name
    turns        the answers on their way
    standing     what is said of the chat that is shown
    banner_desk  what the banner says of faults
    chats        the list of them, archive and bin, versions
    talk         the conversation; `blocks` lays a message out and paints it
    ask          the composer, what is attached, what waits, what is not sent
    models       the models page, and the model that is asked
    presets      what new chats begin with
    preferences  their dialog
    exchange     chats out into files and in from them
    search       what finds everything, and the list of keys

A desk does what a person wishes with the things of its room; dialogs, pages and what draws paper
are loaded when they are wanted.

All rooms use ``bridge``, which alone crosses threads, and ``disk`` above it; ``garbage``, which
keeps Python from crossing them; ``language`` and ``words``; ``errors``, which has their sentences;
``theme``, which has colours, fonts and icons; ``controls``, ``fields``, ``questions`` and
``backup_list``, the parts that pages and dialogs are made of. ``errors`` and ``doctor``, the
diagnosis, do without Qt.
"""
