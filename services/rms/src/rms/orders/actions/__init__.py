"""Commands that create, confirm, amend, ship, cancel, edit and transfer orders."""
