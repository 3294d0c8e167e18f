"""Indexing: takes vectors and a factory string; gives an index with a manifest that is checked."""
