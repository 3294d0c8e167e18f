"""Retrieval: takes an index and query vectors, or a run file; gives a Run in its one order."""
