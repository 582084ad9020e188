"""The tables of the chassis by topic, for the one revision that creates them."""
