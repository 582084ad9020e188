"""The commands that start, carry out and undo changes of many leads."""
