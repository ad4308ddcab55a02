"""The window: the only package that imports Qt.

::

    app          starts the program and ends it
    startup      everything before the window: data folder, recovery, one window per folder
    window       assembles the packages in three areas: the chat, all chats, the model
    archive      the page of the archive and the bin
    composer     where a message is written: attachments, queue, drafts, reading ahead
    exchange     export to files and import from them
    models       the models page, downloads, and the menu of models
    palette      the command palette (Ctrl+K), and the list of shortcuts (F1)
    preferences  the dialog of preferences
    presets      the button and the menu of presets
    reader       the page that a citation leads to, beside the conversation
    sidebar      the list of chats
    conversation the messages
    blocks       layout and painting of a message
    state        shared state: chats, models, presets, turns; no widgets

Each package has views, which do not depend on the host, and a controller, which carries out the
user's actions. Packages do not depend on each other: the window connects their signals. Dialogs,
pages and printing are imported on first use.

All packages use ``bridge``, which alone crosses threads, ``work_thread``, for short work off
the GUI's thread, and the parts of pages and dialogs:
``theme`` (colours, fonts, icons), ``zoom``, ``screen`` (windows that fit it), ``controls``,
``choices`` (one of a few values), ``form_fields``, ``form_page``, ``dialogs``, ``notice``, which
``banner`` and ``toast`` are, ``shade``, ``pages``, ``backup_list``, ``commands``, ``clipboard``,
``file_manager``.
``restart`` has the reasons why a window is closed, ``garbage`` keeps Python from destroying
widgets on other threads, ``fault_reporter`` reports unforeseen faults to the log and the banner,
``qt_language`` sets the language of Qt's own texts.
"""
