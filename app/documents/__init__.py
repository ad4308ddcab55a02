"""Text out of the files that a person attaches, read in a process of its own.

`DocumentReader` takes a path and gives a `Document`, or one of `app.base.errors.DocumentError`;
and it counts tokens as a model does.
"""

from app.documents.document import Document, DocumentKind
from app.documents.supervisor import DocumentReader, FileReading

__all__ = [
    "Document",
    "DocumentKind",
    "DocumentReader",
    "FileReading",
]
