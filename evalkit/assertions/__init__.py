"""Assertions: takes a project's systems; gives what a test may demand of them, and what it says otherwise."""
