"""The conversation on screen: a virtual view, in which only what is in sight is a widget.

::

    records    what is known of each message, whether it is in sight or not
    heights    where each message begins, known or estimated
    message    a message as a widget, and what can be done with it
    thought    the panel with the reasoning
    transcript the view: scrolling, following, and which widgets there are
    selection  what is selected, across messages, and what a copy of it is
    find       search in the chat
"""
