"""Fireside's remote backend against the real servers that run here, with the demo model.

::

    python -m tests.clients.servers                       all of them, and a table
    python -m tests.clients.servers llama-server fireside some
    python -m tests.clients.servers --list                their names

Each server is installed from PyPI, once, below ``~/.cache/fireside-clients`` (or FIRESIDE_CLIENTS;
``--fresh``: anew); llama-server is compiled from the source in llama-cpp-python's sdist, which
takes half an hour of two cores. One that cannot be installed is skipped, in words. What is asked
goes through `RemoteBackend` and `ToolLoop`, as from the window. The end is 0 if nothing fails but
what is expected to.

::

    kinds.py             the servers: how each is installed and started
    checks.py            what is checked, in order; the last check ends the server
    bench.py             asks one server, and measures
    cutting_proxy.py     a proxy that ends a stream in its middle
    demo_gguf.py, demo_safetensors.py    the demo model as these servers want it

Ollama and LM Studio are on no registry, and vLLM's wheel needs a GPU: these are played by
`tests.fakes.remote`.
"""
