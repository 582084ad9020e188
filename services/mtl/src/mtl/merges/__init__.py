"""Merges (合并): several leads of one person become one, which can be undone."""
