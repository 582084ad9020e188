"""Notifications (消息): what a person is told, and what they want to be told."""
