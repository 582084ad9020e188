"""Activities (活动): calls, mails, meetings, visits and notes about accounts, next steps."""
