"""The charts in which metrics are answered."""
