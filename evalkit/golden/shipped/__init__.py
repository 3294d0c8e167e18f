"""Shipped: the demo corpus, read from what the machine already holds."""
