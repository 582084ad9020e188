"""Payment terms: in which instalments orders are paid, and when each instalment is due."""
