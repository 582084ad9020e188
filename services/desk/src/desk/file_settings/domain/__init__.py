"""The rules of what a tenant admits as files."""
