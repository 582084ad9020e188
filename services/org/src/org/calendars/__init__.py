"""Calendars (工作日历): public holidays, make-up workdays, and days set by the tenant."""
