"""Departments: the tree of who belongs where, who heads it, and how it came to be so."""
