"""The tool ``browser``: search, open and find in the user's folders, in encyclopaedias, on the web.

::

    browser      the tool: one for each source, of one namespace
    browser_functions  its functions, in the words on which gpt-oss was trained
    visit        one call: whether it may be made, and what comes of it
    session      what a call means after the displays so far: pure
    finding      a text found in a page, as if its lines had not been wrapped
    viewport     a display as the model reads it
    source       the interface of what is searched, and the values that it returns
    policy       what may be sent to the web without asking: pure rules over what stands in a chat
    address      addresses of the web in one spelling
    page         text into a page: neutral characters, numbered links, lines of 80 columns
"""
