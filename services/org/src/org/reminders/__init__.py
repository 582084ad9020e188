"""Reminders (提醒): notifications that people order for themselves at a chosen time."""
