"""Whether the tests notice: the program with one small fault after the other."""
