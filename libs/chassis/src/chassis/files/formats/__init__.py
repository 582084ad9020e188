"""Readers of CSV, XLSX, JSON Lines and vCard files, row by row."""
