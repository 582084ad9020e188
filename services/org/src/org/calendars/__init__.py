"""Calendars (工作日历): which days are worked, by law and by the tenant's own word."""
