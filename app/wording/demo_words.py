"""The words about the demo model, and the questions that an empty chat suggests."""

from __future__ import annotations

from app.base.types import DEMO_NAME
from app.wording.language import tr

DEMO_QUESTIONS = (
    "What is the capital of Norway?",
    "What is the formula for the area of a circle?",
    "Write a Python function that adds two numbers.",
    "What can you do?",
)
"""Questions that the demo model answers correctly, as measured by ``tests.demo``.

They are not translated, since it knows English only.
"""

WITH_PYTHON = "Use Python to plot a sine wave."
"""One for which it calls Python."""


def demo_questions(*, python: bool) -> tuple[str, ...]:
    """Return what an empty chat suggests to ask it; ``python``: whether it may call Python."""
    first, second, code, last = DEMO_QUESTIONS
    return first, second, WITH_PYTHON if python else code, last


def model_name(name: str) -> str:
    """Return a model's name in the user's language: the demo's alone has other words there."""
    return tr("Demo model") if name == DEMO_NAME else name


def first_questions() -> tuple[str, ...]:
    """Return good first questions to a real model."""
    return (
        tr("Explain how vaccines work, without jargon."),
        tr("Plan a three-day trip to Lisbon."),
        tr("What should I ask in a job interview?"),
        tr("Write a Python script that renames photos by date."),
        tr("How does compound interest work?"),
        tr("Suggest a week of quick dinners."),
        tr("Compare renting and buying a home."),
        tr("Draft a polite reminder about an unpaid invoice."),
        tr("Why did the Roman Republic fall?"),
        tr("Explain recursion with a short example."),
        tr("How do I make better coffee at home?"),
        tr("What’s the difference between a virus and a bacterium?"),
        tr("Make a running plan for beginners."),
        tr("Write a regular expression that matches dates."),
        tr("Summarise Hamlet in five sentences."),
        tr("How do noise-cancelling headphones work?"),
        tr("Make a checklist for moving to a new home."),
        tr("What makes a password strong?"),
        tr("Teach me ten useful phrases in Italian."),
        tr("How do I speed up a slow SQL query?"),
    )


def declined_sentence() -> str:
    """Return what stands in the place of an answer that the demo model cannot give."""
    return tr("The demo model cannot answer this.")


def demo_sentence() -> str:
    """Return what is said above a chat with the demo model."""
    return tr("You are talking to the demo model")
