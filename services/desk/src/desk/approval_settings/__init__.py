"""Approval settings (审批设置): whether approvers get links by mail, and how long they hold."""
