"""Exports: any list of a service as a file, made by a job in the scope of who asked."""
