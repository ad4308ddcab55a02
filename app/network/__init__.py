"""Network access: every request of Fireside to another computer goes through this package.

::

    client          HTTP clients that obey the guard and write the log
    guard           which addresses may be reached; the offline switch
    connection_log  the log of all requests
    hub_client      the same rules for huggingface_hub; `hub_address` checks a mirror's address
    response        reads a response that may be too long or too slow
    updates         the newest release of Fireside
    access          lazy access to all this, in the background
"""
