"""Imports: files of leads, taken in row by row as a job; a broken row never stops the rest."""
