"""The conversation on screen: a virtual list, in which only what is in sight is a widget.

`Transcript` is the scroll area, and hands Qt's events to its parts:

::

    message_list          the messages, and the answers that grow in them
      message_state       view state of one message
      sections            a stretch of a message, read into blocks
    virtual_list          scrolling, following the end, and what stays where it is
      message_heights     where each message begins, known or estimated (height_estimate)
      text_anchor         the line that stays where it is
      view_pool           the widgets of what is in sight
    message_view          the widget of an answer; question_view that of a question
      thought_panel       the header above the reasoning
      attachment_view     a file that came with a question
      message_footer      the row under an answer, and the versions of a message
    selection_controller  what is selected (selection), by mouse_selection and keyboard_controller
    find_controller       search in the chat (find_bar)
    text_locator          positions of text: at a point, beside another, into view
    highlight_layer       paints what is selected and found
    keyboard_focus        shows where the keyboard focus is, and follows it
    accessible            what a screen reader finds and is told
    branches              controller of other versions: editing, and switching between them
"""
