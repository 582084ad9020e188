"""Grades (客户分级): the grade, segment and tags that rules give accounts."""
