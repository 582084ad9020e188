"""The consumer applies each event once; an event that keeps failing becomes a dead letter."""
