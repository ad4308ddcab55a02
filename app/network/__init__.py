"""Network access: every request of Fireside to another computer goes through this package.

::

    client          makes HTTP clients that obey the guard and write the log
    guard           which address may be reached; holds the offline switch
    connection_log  a line in a file for every request
    hub_client      the same rules for huggingface_hub
    response        reads a response that may be too long or too slow
    updates         the newest release of Fireside
"""
