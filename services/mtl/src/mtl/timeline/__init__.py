"""The timeline (动态) of a lead: all that happened to it, in one list."""
