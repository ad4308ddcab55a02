"""Attacks on the sandbox in which a model's Python runs, each with evidence from outside.

::

    guest    programs that a model could write, sent through the real tool
    native   attempts of a process that is behind the wall alone, as if WebAssembly were broken
    victim   what native attempts attack: a process with secrets, sockets and a fake home
    kernels  what is left of the wall on kernels that offer less
    attempts the table of native attempts, and what proves each
    world    the places and numbers that both sides know

`python -m tests.attacks` prints one table of all. Whether an attack has succeeded is never what the
attacker says: files of a fake home, a listener's connections, signals that arrived, and limits,
memory and modes of another process are looked at, or a secret has to be shown that is nowhere else.
"""
