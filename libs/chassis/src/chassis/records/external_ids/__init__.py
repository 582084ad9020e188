"""External ids: what other systems call a record."""
