"""Import of opportunities from files: the row, the records its names refer to, the target."""
