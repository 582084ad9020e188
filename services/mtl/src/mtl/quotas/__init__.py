"""Quotas (线索保有量与领取限额): how many leads a person may hold, and claim in a day."""
