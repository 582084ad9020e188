"""Metrics (指标): figures of marketing and lead handling, as charts show them."""
