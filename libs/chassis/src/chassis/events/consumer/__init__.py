"""The consumer applies each event once; what fails for good becomes a dead letter."""
