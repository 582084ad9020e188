"""Lists of records: declared filters and sorts, keyset pages, search, saved views."""
