"""Receivables: amounts that customers owe for shipments or as prepayments."""
