"""The window: the only room that knows Qt.

``app`` starts it; ``frame`` has its parts in their places (``sidebar`` with ``chat_list``,
``transcript`` with ``messages``, ``thought``, ``render``, ``prose``, ``text`` and ``highlight``,
``composer`` with ``gauge``, ``greeting``, ``models_page``); ``window`` says what they do, with
``turns`` for the answers on their way, ``standing`` for what is said of them, ``room`` for what
still fits, ``ahead`` for what is read early, ``chat_index`` and ``chat_sampling`` for the chats,
``model_choice`` and ``model_desk`` for the model.

``preferences`` has its pages in ``general_page``, ``sampling_page``, ``memory_page`` (with
``memory_bar``) and ``diagnosis_page``; they are made of ``fields``, and ``examiner`` looks at this
computer for them.

``bridge`` alone crosses threads, and ``garbage`` keeps Python from doing so; ``theme`` has
colours, fonts and icons, ``controls`` the small parts. ``errors`` has the sentences and ``doctor``
the diagnosis, both without Qt.
"""
