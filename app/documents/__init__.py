"""Extract text from attached files, in a process of its own.

`DocumentReader` turns a path into a `Document`, or fails with an `app.base.errors.DocumentError`;
it also counts tokens with a model's tokenizer.

::

    supervisor      the owner of that process; `worker` is its loop
    document        the text of a file, in sections
    file_types      a file's type, by its first bytes
    plain_text      text of unknown encoding; `charset` guesses legacy ones
    html_text       the visible text of a web page
    pdf_text        PDFs; `pdf_notes` has their form fields and notes, `pdf_xfa` Adobe's forms
    docx            Word files: the walk over a document; `docx_inline` has what is in paragraphs,
                    `docx_numbering` their numbers, `docx_math` formulas, `docx_package` the zip
"""

from app.documents.document import Document, DocumentKind
from app.documents.supervisor import DocumentProgress, DocumentReader

__all__ = [
    "Document",
    "DocumentKind",
    "DocumentProgress",
    "DocumentReader",
]
