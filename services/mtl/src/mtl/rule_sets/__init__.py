"""The published versions of the rules that administrators of a tenant change."""
