"""The reader: a page as the model saw it, beside the conversation, at the lines that are cited.

::

    reader_pane        the pane: what the source is, its text, the buttons
      page_view        the text of the page, with quiet line numbers and the cited lines marked
        airy_layout    how it is laid out: only what is seen, with room between the lines
    page_on_screen     what is shown of a page, made beside the window's thread if it is long
    reader_place       where it is: beside the conversation, or over it
    reader_controller  opens citations in it, goes from one to the next, and opens their sources
"""
