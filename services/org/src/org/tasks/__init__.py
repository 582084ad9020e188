"""Tasks (待办): what a person has to do, written by them or generated from events."""
