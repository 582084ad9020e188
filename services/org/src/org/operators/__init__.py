"""Operators: people of one tenant who create, suspend, export and delete all the others."""
