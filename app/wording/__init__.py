"""The sentences that are shown to a person, made of values of all rooms."""
