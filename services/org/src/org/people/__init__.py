"""People (人员): the staff of a tenant with posts, managers, roles and leaves."""
