"""What all packages stand on: values, errors, settings, files, processes, this computer.

::

    types              the values that packages exchange
    answer_events      the events of an answer; `draft` is one while it grows
    codec              dataclasses as JSON, and back
    errors/            every error that is raised on purpose
    pages/             pages that a model was shown, as they are stored with a chat

    settings           settings, and the folders that hold a user's data
    secrets            tokens and keys, in the system's keyring or in a file
    system_policy      what an administrator has decided; `system_files` has his files, of which
                       those that others may change (`write_access`) are not believed
    outside            what is assumed of other programs and services (``resources/outside.toml``)
    resources          paths of the files in ``resources/``; `licences` reads one
    log                ``fireside.log``

    files              small files: reads that end, atomic writes
    file_lock          locks between processes
    folder             a folder of the user's, out of which nothing leads (`folder_on_posix`,
                       `folder_on_windows`); `folder_paths` are paths within it
    gguf               the header of a GGUF file
    gpt_oss            whether such a file is a gpt-oss that llama.cpp runs, by its shape, tensors
                       and `gpt_oss_keys`; `weights_check` whether its weights were ever written,
                       `companion_files` whether it is a model at all

    jobs               background work on a few threads
    threads            threads: their errors, waits that can be stopped
    processes          child processes, watched and ended; `child_jobs` are jobs for one that may
                       hang
    running            the process that has a data folder open

    graphics           graphics cards and drivers, as values; `graphics_probe` finds them, by
                       `driver_libraries`, and `graphics_advice` says what to do

    plain_line         text from outside, as a line
    code_fence         blocks of code in Markdown
    recipients         the recipients of calls, as readers see them
"""
