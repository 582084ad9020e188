"""How the score of a lead is put together, and when it is counted again."""
