"""The web of `tests.fakes.web_sites` in a network namespace of Linux: real names, ports and TLS.

::

    python -m tests.web serve COMMAND…     run a command that sees it instead of the internet
    python -m tests.web checks             no network, lost packets, what is sent before consent,
                                           hostile addresses by the system's own lookups

Needs Linux, ``unshare`` and ``ip``, and root or namespaces of users. Nothing in it reaches another
computer: the addresses of its sites are the namespace's own, /etc/hosts has their names, and
SSL_CERT_FILE names the authority that vouches for them. So Fireside's window can be tried in it
as it is::

    python -m tests.web serve .venv/bin/fireside
"""
