"""Text out of the files that a person attaches, read in a process of its own.

`Reader` takes a path and gives a `Document`, or one of `app.base.errors.DocumentError`; and it
counts tokens as a model does.
"""

from app.documents.document import Document, Kind
from app.documents.reader import Reader

__all__ = ["Document", "Kind", "Reader"]
