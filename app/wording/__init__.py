"""The sentences shown to the user, made from values of all packages, without Qt.

::

    language       which language is spoken, and `tr`
    quantities     sizes, times, dates
    diagnosis      what was found on this computer, and what was chosen
    errors         any error to a sentence and a step (`explanation`), with a module for each room:
                   model_errors, engine_errors, store_errors, download_errors, exchange_errors,
                   document_errors
"""
