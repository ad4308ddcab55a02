"""Run the suite at other times, in other places and in other orders."""
