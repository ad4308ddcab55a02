"""The model: a worker process with llama.cpp, and all that decides how it is used.

In the window's process: ``backend`` is the seam to the rest, ``router`` chooses among backends,
``scheduler`` decides whose turn it is, and ``supervisor`` owns the worker process; ``plan``
chooses the settings, from what ``probe`` finds; ``load_failure`` says why a file was refused.

In the worker process: ``worker`` does what is asked over the pipe; ``history`` says which messages
fit; ``kv_cache`` makes the most of what was processed, ``kv_disk_cache`` has it on disk;
``stop_texts`` ends an answer; ``stream_signals`` has what cancels or hurries one. ``llama`` is
llama.cpp itself, behind the protocols of ``engine_protocol``, and ``ggml`` its devices.
"""
