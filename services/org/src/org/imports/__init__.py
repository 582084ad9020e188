"""Imports: who there is, out of files; chassis does the rest of it."""
