"""Request and response bodies of leads; validation reports all violations at once."""
