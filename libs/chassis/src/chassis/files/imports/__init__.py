"""Imports: rows of a file become records; results are kept by row."""
