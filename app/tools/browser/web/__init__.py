"""The source ``web``: a search engine that the user has chosen, and pages at any address.

::

    web_source      searches, opens; paced
    web_opening     makes it, from the settings, the secrets and the network
    fetching        the interfaces of what it is read with
    web_options     what the user has chosen, and the names of the keys
    kept_keys       the keys, asked for once
    provider        what a search engine is: how it is asked, what it answers
    providers       all of them, by the key that the settings have
    wikipedia, brave, tavily, exa, kagi, searxng
    web_faults      sentences for the model about what fails
"""
