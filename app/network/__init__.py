"""Network access: every request of Fireside to another computer goes through this package.

::

    client             HTTP clients that obey the guard and write the log
    guard              which addresses may be reached; the offline switch
    connection_log     the log of all requests, those to the local server included
    hub_client         the same rules for huggingface_hub; `hub_address` checks a mirror's address
    response           reads a response that may be too long or too slow
    updates            the newest release of Fireside
    access             lazy access to all this, in the background
    endpoint_client    servers of models: requests that can be stopped in every step;
                       `endpoint_response` bounds what comes, `event_stream` takes events out of it
    page_client        pages of the web, at any address, and search engines, as `fetched` values;
                       `page_faults`
    unpacker           what a server has compressed, within a limit
    guarded_transport  looks at the very address that is connected to; also for MCP's servers
    watched_socket     connections whose every step ends soon, whatever the server does
    public_address     which addresses are on the internet
"""
