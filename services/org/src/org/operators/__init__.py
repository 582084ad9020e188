"""Operators (平台运营方): people of one tenant who create, suspend and delete the others."""
