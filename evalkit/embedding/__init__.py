"""Embedding: takes texts and an encoder; gives vectors stamped with the fingerprint of their space."""
