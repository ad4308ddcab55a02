"""Fireside: gpt-oss on a person's own computer, in a native window.

The map of the code is in `app/README.md`.
"""

__version__ = "0.1.0"
"""The version, defined only here: packages, installers and the component list read it."""

REPOSITORY = ""
"""Where Fireside is released, as GitHub's "owner/name". Nobody has said yet where that is: the
release workflow puts its own repository here, and without one no look for a new version is
offered."""
