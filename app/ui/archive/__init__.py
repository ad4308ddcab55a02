"""The page of the archive and the bin."""
