"""The preferences: a dialog with pages.

::

    desk              opens them, and has the window follow them
    dialog            the dialog, of pages
    general_page      what holds everywhere
    chat_page         the chat that is shown
    presets_page      presets, each in a `preset_form`
    data_page         a person's data; its backups in `backup_pane`
    memory_page       how the model is run; `memory_bar` shows what that takes
    diagnosis_page    what was found on this computer
    sampling_fields   the fields for how answers are drawn
    examiner          looks at this computer for them
"""
