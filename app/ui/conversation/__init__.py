"""The conversation: a virtual list, in which only visible messages have widgets.

The `conversation_pane` has a `greeting` in an empty chat, else the `transcript`: the scroll area,
which passes Qt's events to its parts.

::

    message_list          the messages, including growing answers
      message_state       view state of one message
      message_items       what it consists of, in the order in which it is shown
      sections            its text, parsed into blocks
      answer_citations    the citations in it, and where they lead
      thought_words       what the reasoning is about, and how long it took
    virtual_list          scrolling, following the end, and keeping the view in place
      message_heights     heights of the messages, known or estimated (height_estimate)
      text_anchor         the line that stays in place
      view_pool           the widgets of visible messages
      context_limit_line  the line under the messages that the model no longer sees
      call_state          view state of a call of a tool, and of what it made (call_text)
    message_view          the base of question_view and answer_view, the widgets of messages
      thought_panel       the header above the reasoning
      item_stack          the parts of an answer below each other, of which each is an item_view:
        section_view      text
        call_view         a call: its row, what was called, and what came of it
          consent_card    the question whether it may run
            calm_buttons  buttons that work only after they were visible for a while
          rerun_view      “Run again”, and what came of that
        made_view         a figure (figure_images) or a file
      attachment_view     a file attached to a question
      departure_card      the question whether something may be sent to another computer
      message_footer      the row under an answer, and the versions of a message
    jump_button           scrolls to the end
    message_menu          what can be done with a message
    context_menu          the menu of a right click
    selection_controller  the selection, by mouse_selection and keyboard_controller
    find_controller       search in the chat (find_search, find_bar, find_marks)
    text_locator          positions of text: at a point, next to another, scrolled into view
    highlight_layer       highlights of the selection and of search hits
    typing_relay          typing, which goes into the composer, also with input methods
    keyboard_focus        the ring of the keyboard focus, and signals about it
    accessible            the interface for screen readers
    branches              controller of other versions: editing, switching between them, deleting
    file_saver            controller that saves what tools have made
    rerun_controller      controller of calls that the user runs again
    message_undo          the toast that takes a deletion back
"""
