"""Pages: takes the result of a study, gives a page of blocks."""
