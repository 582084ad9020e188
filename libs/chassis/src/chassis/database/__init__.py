"""Floor 2: PostgreSQL: transactions per tenant, tables of the ground, rows, migrations, pruning."""
