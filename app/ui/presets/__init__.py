"""Presets, and what the chat that is shown is asked with.

::

    index  which there are
    setup  the instructions and the sampling of the chat that is shown
    desk   the button for them
"""
