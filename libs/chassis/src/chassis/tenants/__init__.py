"""What a service does for its tenants as such: lets them in, counts, exports, erases, deletes."""
