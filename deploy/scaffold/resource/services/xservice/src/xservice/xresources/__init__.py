"""XWords: what the business calls them, in one sentence."""
