"""The tool ``browser``: search, open and find in the user's folders, in encyclopaedias, on the web.

::

    browser      the tool: one for each source, of one namespace
    browser_functions  its functions, in the words on which gpt-oss was trained
    browser_call one call: whether it may be made, and what comes of it
    steps        what a call means after the displays so far: pure
    finding      a text found in a page, as if its lines had not been wrapped
    viewport     a display as the model reads it
    source       the interface of what is searched, and the values that it returns
    policy       what may be sent to the web without asking: pure rules over what stands in a chat
    address      addresses of the web in one spelling
    typed_addresses  those in what the user has typed
    page         text into a page: neutral characters, numbered links, lines of 80 columns
    library      the folders and encyclopaedias that the user has added, kept indexed; its parts
                 are `source_file` (the list), `folder_choice` (what may be added),
                 `library_source` (one of them), `index_process` (the process that reads them)
    source_status, faults
                 their status, and what can be wrong with them
    extraction/  text with links out of pages: HTML, PDF, feeds, in a process that can be killed
    encyclopaedia/
                 encyclopaedias in ZIM files
    files/       folders
    web/         the web: search engines, and pages at any address
"""
