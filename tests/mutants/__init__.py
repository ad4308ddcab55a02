"""Mutation testing: the program with one small fault at a time."""
