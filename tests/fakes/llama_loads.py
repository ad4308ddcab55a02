"""Ask llama.cpp whether it loads each file and decodes a batch with it.

Each file is tried in a process of its own, since some end it. Prints a line for each. Run as a
program; POSIX only.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from app.engine import llama as adapter  # first: it keeps llama_cpp from importing numpy

import llama_cpp.llama_cpp as llama  # isort: skip


def _decodes(path: str) -> bool:
    parameters = llama.llama_model_default_params()
    parameters.use_extra_bufts = False
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        return False
    settings = llama.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch = 256, 64, 64
    settings.n_threads = settings.n_threads_batch = 1
    context = llama.llama_init_from_model(model, settings)
    if not context:
        return False
    tokens = (llama.llama_token * 4)(1, 2, 3, 4)
    return bool(llama.llama_decode(context, llama.llama_batch_get_one(tokens, 4)) == 0)


def main(paths: list[str]) -> None:
    """Try one file after another."""
    adapter._ggml().load_backends()
    llama.llama_backend_init()
    for path in paths:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            os._exit(0 if _decodes(path) else 1)
        _, status = os.waitpid(pid, 0)
        print("loads:", "yes" if os.waitstatus_to_exitcode(status) == 0 else "no")


if __name__ == "__main__":
    main(sys.argv[1:])
