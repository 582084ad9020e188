"""Imports: what this service takes in from files; chassis does the rest of it."""
