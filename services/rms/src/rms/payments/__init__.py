"""Payments: money received from customers, its allocation to receivables, refunds and reversals."""
