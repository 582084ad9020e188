"""The tables of files and their parts, and where their bytes lie."""
