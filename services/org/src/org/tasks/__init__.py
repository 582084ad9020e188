"""Tasks (待办): what a person has to do, by their own word or because of a fact."""
