"""Imports: jobs that create or update records from the rows of a file; each row has a result."""
