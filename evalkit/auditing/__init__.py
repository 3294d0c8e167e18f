"""Auditing: takes stores of vectors as they lie there; gives what is missing, stale or foreign in them."""
