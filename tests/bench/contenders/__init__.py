"""What `tests.bench.together` compares with."""
