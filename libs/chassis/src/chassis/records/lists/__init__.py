"""Lists: declared filters and sorts, keyset pages, saved views."""
