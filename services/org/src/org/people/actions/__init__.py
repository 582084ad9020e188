"""The commands on people: one module per group of commands."""
