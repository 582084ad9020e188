"""The opportunities of L2O from which orders came."""
