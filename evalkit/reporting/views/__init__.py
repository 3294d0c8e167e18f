"""Views: takes a page of blocks, gives text of one format; a view knows nothing of studies."""
