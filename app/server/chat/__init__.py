"""OpenAI's Chat Completions.

::

    chat_completions   the dialect
    completion_reading requests, but for their messages, which `conversation_reading` reads
    completion_reply   answers, whole and streamed
"""
