"""Fireside on one computer and servers of models on others, all in network namespaces of Linux.

::

    python -m tests.hosts             every case, and a table
    python -m tests.hosts pulled …    some
    python -m tests.hosts --list      their names

Each computer is a namespace, each cable a pair of TUN devices with `cable.Cable` between them,
which delays, loses and cuts packets (the kernel's netem is not everywhere). `servers` runs a
`talking_server` on a computer, `desk` is the whole `Host` of Fireside with one chat, `cases` are
what happens to them. It all ends with its process. Needs root, or user namespaces, and iproute2.
"""
