"""The composer: writing a message, attachments, drafts, and sending.

::

    composer               the widget in which a question is written, with its `editor` and
                           `effort_picker`
    composer_controller    sends, stops and retries
    attachment             a file to be sent; `attachment_bar` shows all of them, each in an
                           `attachment_chip`; `attachment_preview` shows what the model will see of
                           one, and `part_choice` asks which part of it to send
    attachment_controller  reads files and counts their tokens
    message_queue          messages that wait for an answer to end; `message_queue_rows` shows them
    draft_keeper           unsent messages
    prefill                the timing of reading ahead
    tools_controller       which tools are on in the chat; they are switched in a `tools_panel`,
                           where folders are added, too, and the web by a button of its own
    context_gauge          the gauge of the context; `context_usage` computes its use
"""
