"""Access to records: who may see and change which record, by owner, department, team and share."""
