"""What is asked: from what is being written to what is sent.

::

    composer      where a question is written; `gauge` shows how much context is left, which
                  `room` reckons
    desk          what is asked, and stopped
    attach_desk   files on their way into a message
    attached      one of them; `tray` shows them, `part_choice` asks what part of one to send
    queue         what waits for the answer; `queue_rows` shows it
    drafts        what is not sent
    ahead         what is read before it is sent
"""
