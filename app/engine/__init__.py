"""Inference: a worker process with llama.cpp, and everything that decides how it is used.

In the window's process: ``backend`` is the seam to the rest, ``router`` chooses among backends, of
which those in ``remote`` are behind endpoints,
``scheduler`` decides whose turn it is, for ``scheduled_backend``, and ``idle_unloading`` ends what
nobody asks, all put together by ``engine_parts``; ``supervisor`` is the backend for files, whose
``lease`` says who uses the loaded model and who may change it; ``loader`` starts its worker process
(``engine_process``) and has it load a model, ``worker_channel`` carries commands to it, by a
``shared_pipe``, ``gpu_recovery`` is for when a GPU is lost, and a ``resumable_answer`` goes on in
another process; ``shared`` has the processes of a data folder use one engine; ``plan`` chooses the
settings, from what ``probe`` and ``cores`` find, unless ``overrides`` fix them: ``devices`` are the
GPUs that may be used, ``placement`` says what lies where, ``memory_model`` how much memory that
takes, ``speed_model`` how fast it is, and ``choice`` has the rule; ``plan_choices`` has plans for
other contexts, ``planned_context`` says which context a model would have now, and ``lighter`` has
plans that take less memory; ``demo_filter`` shows the demo model's answers only where, by
``demo_answers`` and ``demo_calls``, they fit the question; ``load_failure`` finds out why a file
was refused, and ``failed_loads`` tell it to all who wait. ``speed_meter`` has this computer's
speeds measured, ``speed_file`` keeps them, and ``answer_watch`` compares answers to what was
predicted from them; ``processor_time`` is what other programs use, and ``examiner`` asks for it in
the background.

In the worker process: ``worker`` executes commands from the pipe; those that take several steps are
``worker_stream``s, of which an ``answer_stream`` draws, ``step_loop`` takes them on together, and
``batch`` has the rule for what goes into a step; ``generation`` makes an answer of tokens;
``load_progress`` tells how much of a model is loaded; ``rendered_prompt`` renders a conversation,
``history`` decides which messages fit, and ``attached_sizes`` counts their files; ``kv_pool``
reuses what was processed of several conversations, each a ``kv_sequence`` or one of the
``kv_asides``, as far as a prompt has a ``kv_match``; ``kv_memory`` is llama.cpp's, and
``kv_disk_cache`` keeps it on disk; ``reply_header`` is what is known of a tool's reply before it
comes; ``stop_texts`` ends answers at stop texts; ``delta_wire`` packs their text for the pipe;
``stream_signals`` has the flags that cancel or hurry them. ``grammar`` says which tokens may come
next in an answer of a given shape, and a ``grammar_job`` compiles one while others are answered.
``llama`` is llama.cpp itself, behind the protocols of ``engine_protocol``; ``ggml`` is its devices,
some by a ``gpu_library`` (``gpu_setup`` looks at one that is being compiled), ``bandwidth``
measures them, ``sampler_chain`` draws a token, and ``masked_logits`` leaves only some of them
possible.
"""
