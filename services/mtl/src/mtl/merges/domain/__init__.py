"""The rules of merges: which values the survivor gets, and what an undo gives back. No I/O."""
