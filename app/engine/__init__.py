"""The model: a child process with llama.cpp, and all that decides how it is used.

In the window's process: ``backend`` is the seam to the rest; ``local`` owns the child;
``plan`` chooses the settings, from what ``probe`` finds.

In the child: ``service`` does what is asked over the pipe; ``context`` says which messages fit;
``cache`` makes the most of what was read, ``kept`` has it on disk; ``child`` is llama.cpp itself,
``ggml`` its devices.
"""
