"""Notifications (消息): messages to one person, and which kinds that person wants to receive."""
