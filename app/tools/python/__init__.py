"""Python in a sandbox: CPython compiled to WebAssembly, in a process behind the system's wall.

::

    python_tool   the tool: what the model is told, its code, what it reads of the output
    sessions      which box has the variables of which path of a chat; replay, idle boxes
    cell_history  what came before a call on its path: cells and attached files
    python_box    the seam of a box, and the parent's side of the process that is one
    box_frames    the messages between the two
    output_text   output as the model reads it, cut to its limit
    made_files    the types of files that the code has made, by their content

    child         the process: the code's session and its limits
    box_files     the files that the code sees, in that process's memory
    guest/        what runs inside WebAssembly; read as text, imported there only
    wall/         the system's wall around the process
    machine_code  compiles and loads CPython: how wasmtime is set up

    runtime       where the compiled CPython is, and whether it may be used
    preparing     has it compiled once, in a process of its own

Nothing of the computer's disk is seen by the code but Python's own library, read-only.
"""
