"""What the benchmark of the search needs: its folder of documents, its questions."""
