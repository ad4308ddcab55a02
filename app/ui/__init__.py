"""The window: the only room that knows Qt.

``app`` starts it; ``frame`` has its parts in their places (``sidebar`` with ``chat_list``,
``transcript`` with ``messages``, ``thought``, ``render``, ``text`` and ``highlight``, ``composer``,
``greeting``, ``models_page``, ``preferences``); ``window`` says what they do, with ``turns``
for the answers on their way, ``chat_index`` for the chats and ``model_choice`` for the model.
``bridge`` alone crosses threads, and ``garbage`` keeps Python from doing so; ``theme`` has
colours, fonts and icons, ``controls`` the small parts, ``errors`` the sentences (and no Qt).
"""
