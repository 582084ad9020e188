"""The commands that take captures in and decide about them."""
