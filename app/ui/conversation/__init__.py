"""The conversation on screen: a virtual view, in which only what is in sight is a widget.

::

    records     what is known of each message, whether it is in sight or not
    sections    a stretch of one, read into blocks
    heights     where each message begins, known or estimated
    message     a message as a widget, and what can be done with it
    footer      what stands under a message, and its other versions
    thought     what stands above the reasoning
    unseen      the line under what the model no longer sees
    surface     the view: scrolling, following, which widgets there are, and what stays where it is
    page        the messages and the answers that grow in it
    selection   what is selected, across messages, and what a copy of it is
    find        search in the chat
    transcript  the page with mouse, keyboard, selection and search
    focus       what shows where the keyboard is
    accessible  what a screen reader finds and is told
"""
