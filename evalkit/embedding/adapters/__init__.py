"""Adapters: one file for each provider of encoders, the only places where model libraries are imported."""
