"""Python in a sandbox: CPython compiled to WebAssembly, in a process behind the system's wall.

::

    runtime       where the compiled CPython is, and whether it may be used
    machine_code  compiles and loads it: how wasmtime is set up
    preparing     has it compiled once, in a process of its own
"""
