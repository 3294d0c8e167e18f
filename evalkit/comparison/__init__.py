"""Comparison: takes two rows of scores; gives an effect with an interval and p-values."""
