"""The commands on quotes: `drafts` creates and prices them, `moves` changes their status,
`approvals` asks for their approval."""
