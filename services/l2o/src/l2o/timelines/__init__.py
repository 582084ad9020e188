"""Timelines (往来记录): all that happened with an account, in this and the other services."""
