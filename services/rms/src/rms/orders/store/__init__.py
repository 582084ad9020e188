"""The tables of orders, shipments, revisions and cancellations, and their SQL."""
