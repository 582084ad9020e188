"""The score and the grade of leads, by rules that administrators change."""
