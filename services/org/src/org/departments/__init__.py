"""Departments (部门): a tree with heads, the posts of people in it, and the history of moves."""
