"""Python in a sandbox: WebAssembly in a child process, behind a wall of the operating system."""
