"""The window: the only package that imports Qt.

::

    app          starts the program and ends it
    startup      the way to a window: the data folder, recovery, one window per folder
    window       puts the rooms together, and decides which chat and which page is shown
    archive      the page of the archive and the bin
    composer     where a message is written: attachments, queue, drafts, reading ahead
    exchange     export to files and import from them
    models       the models page, downloads, and the menu of models
    palette      Ctrl+K, which finds everything, and F1, the list of shortcuts
    preferences  the dialog of preferences
    presets      the button and the menu of presets
    sidebar      the list of chats
    conversation the messages
    blocks       lays out and paints a message
    state        what the rooms share: chats, models, presets, turns; no widgets

Each room has views, which know nothing of the host, and a controller, which does what a person
wishes. Rooms do not know each other: the window connects their signals. Dialogs, pages and what
draws paper are imported when they are first needed.

All rooms use ``bridge``, which alone crosses threads, and the parts that pages and dialogs are made
of: ``theme`` (colours, fonts, icons), ``controls``, ``form_fields``, ``dialogs``, ``banner``,
``pages``, ``backup_list``, ``commands``, ``clipboard``. ``garbage`` keeps Python from destroying
widgets on other threads, ``fault_reporter`` brings unforeseen faults to the log and the banner,
``qt_language`` has Qt's own words in the person's language.
"""
