"""The window: the only room that knows Qt.

``app`` starts it; ``frame`` has its parts in their places (``sidebar`` with ``chat_list``, its
``chat_model``, ``chat_delegate`` and ``chat_menu``, the conversation in ``talk``, painted by
``blocks``, ``composer`` with ``gauge``, ``greeting``);
``window`` says what they do, with ``turns`` for the answers on their way, ``standing`` for what is
said of them, ``room`` for what still fits, ``ask_desk`` for what is asked, ``queue`` with
``queue_rows`` for what waits for an answer, ``drafts`` for what is not sent, ``ahead`` for what is
read early, ``chat_index`` and ``chat_setup`` for the chats, ``presets`` and ``preset_desk`` for
what they begin with, ``branches`` and ``exchange_desk`` for their versions and files
(``export_dialog`` asks; ``printer`` has ``pdf`` lay pages out), ``model_choice`` and
``model_desk`` for the model.

``models_page`` has its panes in ``get_pane`` (with ``hub_search``), ``here_pane`` and
``network_pane``; ``hub_desk`` makes it and does what is wished there, with ``fetcher`` and
``download_row`` for downloads, ``shelf`` for what is on this disk.

``order_desk`` does what is wished about the order among the chats, ``away_desk`` makes
``away_page``, the archive and the bin; ``questions`` are what is asked before a deletion for good.

``preferences`` has its pages in ``general_page``, ``chat_page``, ``presets_page`` (with
``preset_form``), ``memory_page`` (with ``memory_bar``) and ``diagnosis_page``; they are made of
``fields`` and ``sampling_fields``, and ``examiner`` looks at this computer for them.

``bridge`` alone crosses threads, and ``garbage`` keeps Python from doing so; ``theme`` has
colours, fonts and icons, ``controls`` the small parts. ``errors`` has the sentences and ``doctor``
the diagnosis, both without Qt.
"""
