"""Stores: takes the name of a store of vectors; gives its records, read and never written."""
