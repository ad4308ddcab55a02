"""The window: the only room that knows Qt.

``app`` starts it, ``window`` puts it together, ``turns`` follows the answers on their way,
``bridge`` brings everything onto the GUI's thread, ``transcript`` and ``render`` draw a
conversation, ``theme`` has the colours, ``errors`` the sentences (and no Qt).
"""
