"""Models that are trained from the leads of a tenant that were converted or lost."""
