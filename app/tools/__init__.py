"""Tools that a model may call, and the loop that runs them within an answer.

::

    tool         the interface of a tool, and the values around it
    tool_events  what the loop publishes: a question to the user, the start of a call
    loop         a backend around a backend, which answers with tools
    tool_turn    one such answer: rounds of the model, and the calls between them
    call_runner  one call: checked, asked about, run, and always answered by a result
    tool_parts   the tools of a running Fireside, and what they are made of
    registry     the tools that there are, by key and by the names that a model calls
    forbidden_tool  one that the policy of this computer forbids
    departure    what of a chat goes to another computer with a request: pure rules
    departure_gate  a backend before those elsewhere: nothing departs that was not allowed
    effective_tools  which tools are on while a certain model is asked
    consent      whether a call may run, must be asked about, or is refused: pure rules
    arguments    a call's JSON against the function's schema; what can mean one thing is put right
    replies      what the model is told about a call that does not run
    repetition   calls that only repeat themselves
    shortening   results that are too long, and old ones when the context gets tight
    costs        the tokens that each tool takes of a prompt
    visible      text in which nothing is hidden, for what the user decides about
    python/      Python in a sandbox
    browser/     folders, encyclopaedias, the web
    mcp/         functions of MCP servers

A tool never raises into the loop: a fault is a result that the model can read. What a tool may do
is decided by the program and the user, never by the model.
"""
