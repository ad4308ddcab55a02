"""Servers of models that cannot be run here, as HTTP servers on loopback.

``player`` is the server: it listens, records what comes, and sends what a dialect answers, damaged
by one of the ``faults`` if it is told to. A dialect is a module for each program or service,
written by hand from its published sources, which its docstring names; ``said`` is what the model
behind it says, and ``wire`` what requests and answers consist of.

    with serving(Vllm()) as server:
        server.say(Said("Paris.", reasoning="A capital."))
        …  # ask server.url
        assert server.asked[-1].json["reasoning_effort"] == "low"

A fake is no witness: what it believes of the outside also stands in ``resources/outside.toml``.
"""
