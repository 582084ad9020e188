"""Exports: jobs that write a list of records to a file."""
