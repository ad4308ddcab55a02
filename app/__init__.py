"""Fireside: gpt-oss on the user's own computer, in a native window.

The map of the code is in `app/README.md`.
"""

__version__ = "0.1.0"
"""The version, defined only here: packages, installers and the component list read it."""

REPOSITORY = ""
"""The repository of Fireside's releases, as GitHub's "owner/name".

It is still unknown: the release workflow fills in its own repository, and while it is empty no
check for updates is offered.
"""
