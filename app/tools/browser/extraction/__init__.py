"""Text with links out of what was fetched, or lies on this computer.

::

    extractor      the owner of the process that reads strangers' pages
    fetched_text   the bytes of a page into text, by their type (in that process)
    feed           RSS and Atom
    markdown_links the links of Markdown
    markup_page    HTML into text: the main text of the page, or all of it
    main_text      which part of a page is its main text
    markup         HTML as a run of marks
    markup_text    a run of marks as text
"""
