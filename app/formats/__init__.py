"""Chat formats: how families of models speak."""
