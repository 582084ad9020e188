"""Imports: files of rows, taken in by a job chunk by chunk; a broken row never stops the rest."""
