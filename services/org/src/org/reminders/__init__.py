"""Reminders (提醒): what a person wants to be told at an instant of their choice."""
