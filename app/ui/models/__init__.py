"""The models: which is asked, which are here, and how to get one.

::

    choice       which one is asked, and loaded
    shelf        which are on this disk
    fetcher      downloads, in rows of `download_row`
    desk         the page and the menu to choose one
    hub_desk     makes the page, and does what is wished there
    page         the page, of `get_pane` (`card`, `search`), `here_pane` and `network_pane`
"""
