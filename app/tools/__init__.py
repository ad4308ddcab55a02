"""Tools that a model may call, and the loop that runs them within an answer.

::

    tool         the interface of a tool, and the values around it
    tool_events  what the loop publishes: a question to the user, the start of a call
    loop         a backend around a backend: on a call it asks, runs the tool, and streams on
    registry     the tools that there are, by key and by the names that a model calls
    consent      whether a call may run, must be asked about, or is refused: pure rules
    python/      Python in a sandbox
    mcp/         functions of MCP servers

A tool never raises into the loop: a fault is a result that the model can read. What a tool may do
is decided by the program and the user, never by the model.
"""
