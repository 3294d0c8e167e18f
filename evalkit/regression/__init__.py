"""Regression: takes a system and its stored baseline; gives PASS, WARN or FAIL, and what has changed."""
