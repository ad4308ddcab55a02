"""The local server against its real clients, each in an environment of its own.

::

    python -m tests.clients.api                 all of them, against a scripted engine
    python -m tests.clients.api openai-py llm   some
    python -m tests.clients.api --demo          against the demo model, which can do few tasks
    python -m tests.clients.api --list          their names

Each peer is installed from PyPI or npm, in its newest version, below ``~/.cache/fireside-clients``
(or FIRESIDE_CLIENTS); with ``--fresh`` anew. One that cannot be installed is skipped, in words.
The end is 0 if nothing fails but what is expected to.

::

    peers/       the clients: a module for each endpoint, with its PEERS
    programs/    what is run in their environments; `checks.py` and `checks.mjs` report
    served.py    the server, in a process
    peer.py      what a peer is; `environments.py` installs it, `running.py` runs it

Three suites need files that no registry has, and are skipped without them: FIRESIDE_OPENAPI names
OpenAI's description of its API for Schemathesis, which asks for FIRESIDE_SECONDS (60),
FIRESIDE_GPT_OSS the folder with the compatibility test of gpt-oss, and FIRESIDE_OPEN_RESPONSES a
checkout of Open Responses.

A program is told by FIRESIDE_URL, FIRESIDE_TOKEN, FIRESIDE_MODEL, FIRESIDE_ENGINE ("scripted" or
"demo") and FIRESIDE_FOLDER (its environment); it writes to FIRESIDE_CHECKS.
"""
