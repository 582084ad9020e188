"""The opportunities of L2O into which leads were converted."""
