"""Functions of MCP servers: programs on this computer, and servers that are reached over HTTP.

::

    servers         servers as values, and the file with their configuration, ``mcp.json``
    other_programs  the same files of other programs
    approvals       what the user has seen and approved: how a server starts, and each function
    function_names  names of functions, as the model calls them
    service         McpServers: which servers there are, their status, and calls; begin here
    server_runs     which of them run
    server_status   their status, as values for the window
    mcp_tool        a server as a tool
    starter         from a configuration to a transport, with `placeholders` filled in
    mcp_host        the connections: one thread, one event loop, one task a server
    declared        the functions that a server declares, within limits
    wire            a connection as its transport sees it: bytes, its end, clocks
    stdio           the transport to a program, which `server_process` ends with all it has started
                    (on Windows by a `windows_job`); `server_environment`, `server_log`
    streamable_http the transport to a server over HTTP, by the guarded client of `app.network`
    oauth           signing in to such a server, in the user's `system_browser`
    results         what a function returned, as text for the model and media for the user
    connection_errors   what went wrong, as errors of `app.base.errors`

The official SDK (``mcp``) is loaded when the first server starts, in the background.

A server is not trusted. What it says is text: for the model, and for the user in a form in which it
cannot pass for anything else (`app.tools.visible`). It cannot ask the model or the user anything,
since sampling, roots and elicitation are not offered. It runs only as the user has seen it: its
command, arguments, environment and program are pinned, and so is the declaration of each function.
A program uses the network unseen, so while Fireside is offline none runs.
"""
