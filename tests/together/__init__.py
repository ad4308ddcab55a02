"""Several answers at once from one engine, by random plans: each must be as it is alone."""
