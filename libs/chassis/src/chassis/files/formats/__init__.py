"""File formats: CSV, XLSX and JSON Lines, read row by row."""
