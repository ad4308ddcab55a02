"""One engine for all processes of a data folder: whoever comes second uses the one that runs.

``shared_engine`` is the backend: the process that loads a model first owns the engine, by an
``engine_lock`` on a file in the data folder, and the others are its guests. ``engine_owner`` says
which models guests may ask, ``engine_listener`` answers their connections, and ``engine_guest`` is
the other end of one: each request has a connection of its own, so that a lost one ends one request.
``door`` is where the owner listens, on a socket of this user's only (``unix_door``, on Windows
``pipe_door``); ``frames`` are the messages on a connection, and ``engine_wire`` makes values of
them.
"""
