"""Import of leads from files: `fields` names the columns, `rows` makes a lead of a row."""
