"""The composer: from what is being written to what is sent.

::

    composer               where a question is written
    composer_controller    sends, stops and retries
    attachment             a file that is to be sent; `attachment_bar` shows them, `part_choice`
                           asks which part of one to send
    attachment_controller  reads files and counts their tokens
    message_queue          what waits for the answer; `message_queue_rows` shows it
    draft_keeper           what is not sent
    prefill                when what is written is read ahead
    context_gauge          how much of the context is used, which `context_usage` reckons
"""
