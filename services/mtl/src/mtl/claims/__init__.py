"""Claims (领取): members take leads out of pools and return them, admins give them out."""
