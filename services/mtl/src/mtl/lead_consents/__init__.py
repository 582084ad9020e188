"""The consents of the persons of leads, which count for every lead with the contact point."""
