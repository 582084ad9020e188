"""Rebuilds: fill a replica anew from its topics while the present copy answers, then swap."""
