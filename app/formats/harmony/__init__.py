"""Harmony, the format that gpt-oss speaks: a prompt out of messages, messages out of tokens.

A prompt is a list of control ids and ordinary text, never a string that is parsed, so nothing
that a person, a file or a model wrote can become a control token. The parser is a state machine
over ids that recovers from whatever a model writes: no text is lost, no control token comes out.

``vocabulary``  the ids of the control tokens
``prompt``      a prompt out of messages
``header``      what stands before a message, as models write it
``parse``       messages out of tokens

Source: openai-harmony 0.0.8, whose own rendering is the reference (its documentation holds
stray lines), and whose parser raises where this one recovers.
"""

from app.formats.harmony.parse import Parser
from app.formats.harmony.render import (
    answer_now,
    question_text,
    render,
    rendered_messages,
    rendered_prefix,
)
from app.formats.harmony.vocabulary import Vocabulary

__all__ = [
    "Parser",
    "Vocabulary",
    "answer_now",
    "question_text",
    "render",
    "rendered_messages",
    "rendered_prefix",
]
