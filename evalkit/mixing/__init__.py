"""Mixing: takes two embedded sets; gives the curve of an index that is part old, part new."""
