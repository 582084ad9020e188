"""Who changed what, when, why, and by which request, event or job: written by the database."""
