"""Who sees and changes which record, and why: owners, departments, teams, shares."""
