"""What other systems call our records, and writing a record by that name."""
