"""Scaling: takes pure functions and tasks; gives their answers, from processes here or from a cluster."""
