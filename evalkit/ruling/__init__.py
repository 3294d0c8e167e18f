"""Ruling: takes what rules have seen; gives the one that decides, for comparisons and for gates alike."""
