"""Plots: takes what evalkit found; gives matplotlib figures that read like the report's charts."""
