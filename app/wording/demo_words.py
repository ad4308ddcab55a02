"""The words about the demo model, and the questions that an empty chat suggests."""

from __future__ import annotations

from app.wording.language import tr


def demo_questions() -> tuple[str, ...]:
    """Return questions that the demo model answers rightly (measured by ``tests.demo``)."""
    #: The demo model knows English only: leave its questions in English.
    return (
        tr("What is the capital of Norway?"),
        tr("What is the formula for the area of a circle?"),
        tr("Write a Python function that adds two numbers."),
        tr("Show the times table of 7."),
    )


def first_questions() -> tuple[str, ...]:
    """Return good first questions to a real model."""
    return (
        tr("Explain how vaccines work, without jargon."),
        tr("Plan a three-day trip to Lisbon."),
        tr("What should I ask in a job interview?"),
        tr("Write a Python script that renames photos by date."),
        tr("How does compound interest work?"),
        tr("Suggest dinners for a week, each in 30 minutes."),
        tr("Compare renting and buying a flat."),
        tr("Draft a polite reminder for an unpaid invoice."),
        tr("Why did the Roman Republic fall?"),
        tr("Explain recursion with a small example."),
        tr("How do I make a good cup of coffee at home?"),
        tr("What is the difference between a virus and a bacterium?"),
        tr("Help me plan a beginner’s running programme."),
        tr("Write a regular expression for dates like 2026-11-29."),
        tr("Summarize the plot of Hamlet in five sentences."),
        tr("How do noise-cancelling headphones work?"),
        tr("Give me a checklist for moving house."),
        tr("What makes a password strong?"),
        tr("Teach me ten useful phrases in Italian."),
        tr("How can I speed up a slow SQL query?"),
    )


def declined_sentence() -> str:
    """Return what stands in the place of an answer that the demo model cannot give."""
    return tr("The demo model cannot answer this.")


def demo_sentence() -> str:
    """Return what is said above a chat with the demo model."""
    return tr("You are talking to the demo model")


def get_model_words() -> str:
    """Return the text of the button that leads to a real model."""
    return tr("Get {model}").format(model="gpt-oss-20b")
