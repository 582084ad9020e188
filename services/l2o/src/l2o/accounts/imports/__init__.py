"""Import of accounts: `fields` names the columns, `cells` reads a row, `rows` stores it."""
