"""Pages that a tool has displayed to the model, as they are stored with a chat, for the citations.

::

    stored_page  a page, and how a display of it is packed into a part and read again
    displays     the displays on a path, by their cursors
    display_reading  the text of a display as people read it
    cited        what the citations of an answer lead to: numbered sources
    page_paragraphs  a page for people: paragraphs, and links without marks
"""
