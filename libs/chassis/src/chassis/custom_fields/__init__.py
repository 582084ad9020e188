"""Fields that a tenant adds to our records: defined as data, checked, stored, filtered by."""
