"""Readers of CSV, XLSX and JSON Lines files, row by row."""
