"""Teams (团队): people who work together across departments; records can be shared with them."""
