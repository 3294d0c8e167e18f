"""Adapters: one file for each provider of encoders, and what they share; the only door to model libraries."""
