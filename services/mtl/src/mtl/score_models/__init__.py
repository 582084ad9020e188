"""The stored models that score leads."""
