"""Money received, where it goes, and what of it goes back."""
