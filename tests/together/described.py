"""Acts and their ends in a line, for people."""

from __future__ import annotations

from tests.together.actors import Act, Ask, Count, Outcome, Prepare


def described(act: Act) -> str:
    """Return what is asked for, without its text."""
    if not isinstance(act, Ask | Prepare | Count):
        return str(act)
    asked = act.request
    size = sum(len(part.text) for message in asked.messages for part in message.parts)
    told = {
        "characters": size,
        "stop": None if isinstance(act, Count) else act.stop,
        "leave": (isinstance(act, Ask) and act.leave) or None,
        "hurry": act.hurry if isinstance(act, Ask) else None,
        "most": asked.sampling.max_tokens,
        "seed": asked.sampling.seed,
        "schema": asked.response_schema or None,
        "ephemeral": asked.ephemeral or None,
        "drawn": len(asked.drawn) or None,
    }
    facts = ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
    return f"{type(act).__name__} {len(asked.messages)} messages, {facts}"


def described_end(outcome: Outcome) -> str:
    """Return how an act ended."""
    done = outcome.done
    if outcome.error or done is None:
        return repr(outcome.error)
    stats = done.stats
    return f"{done.reason} {stats.prompt_tokens} read {stats.evaluated} drew {stats.generated}"
