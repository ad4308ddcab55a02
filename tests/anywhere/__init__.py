"""The suite at other hours, in other places, in other orders."""
