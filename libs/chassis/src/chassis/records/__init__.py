"""Floor 5: what every resource shares: writes, access, lists, search, audit, custom fields."""
