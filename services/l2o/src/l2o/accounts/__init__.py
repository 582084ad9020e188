"""Accounts (客户): the companies we sell to, and what each has ordered, received and paid."""
