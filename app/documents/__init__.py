"""Extract text from attached files, in a process of its own.

`DocumentReader` turns a path into a `Document`, or fails with an `app.base.errors.DocumentError`;
it also counts tokens with a model's tokenizer.
"""

from app.documents.document import Document, DocumentKind
from app.documents.supervisor import DocumentProgress, DocumentReader

__all__ = [
    "Document",
    "DocumentKind",
    "DocumentProgress",
    "DocumentReader",
]
