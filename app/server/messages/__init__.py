"""Anthropic's Messages, as a dialect; coding agents such as Claude Code speak nothing else.

::

    messages_dialect   the two endpoints, for an answer and for the number of its prompt's tokens
    message_request    a request's members, but for the conversation
    content_blocks     the conversation, whose messages are made of blocks
    message_reply      the answer, whole and as events
    tool_inputs        the input of a call, which has to be an object

By the types of the packages anthropic 2.14.0 and @anthropic-ai/sdk, and what Claude Code 2.1.197
sends, 2026-11-30.
"""
