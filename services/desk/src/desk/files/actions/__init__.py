"""The commands on files: upload, check, serve, collect."""
