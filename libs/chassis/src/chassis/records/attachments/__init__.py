"""Attachments: files of desk that hang on a service's records, and the links by which they open."""
