"""What is done with quotes: how drafts come about, and the moves they make then."""
