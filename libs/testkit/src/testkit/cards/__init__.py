"""Cards: the sample resource that uses all of the chassis."""
