"""From a clone to a running window, and to packages for the three systems.

::

    from_source       Fireside from a clone, in one command
    places            where it puts things; `setup_state` is what it knows of its last run
    system_packages   what the operating system has to provide
    terminal          a long job's line, its log, and what to do if it fails
    python_module     has the model's Python compiled
    gpu_choice        which GPU there is (`gpu_report`), and what is compiled for it
    gpu_library       compiles that, in a process of its own, by `gpu_compile`, with what
                      `gpu_downloads` and `gpu_vulkan` fetch; `gpu_progress` says how far it is
    gpu_cut           cuts CUDA's library to what gpt-oss needs

    build             the packages, in one command
    llama             llama.cpp for every processor; `vulkan_tools` has Debian 13's shader compiler
    frozen_start      the frozen app's first lines
    linux_package     its packages for Linux, one of them by `rpm`; `linux_needs` is what they ask
                      for, `linux_smoke` tries them
    macos_package     the one for macOS
    windows_package   the one for Windows
    cuda_package      the add-on for NVIDIA's cards
    linux/            what packages have beside the program, as `macos/` and `windows/`
    sbom              the list of what is in a package, for machines

    icons             the program's icon
    licences          ``resources/licences.txt``; `sandbox_licences` has those of the model's Python
    translations      brings ``resources/translations/`` up to date
    release           prepares a checkout for a release
"""
