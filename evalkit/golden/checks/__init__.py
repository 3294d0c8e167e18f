"""Checks: takes drafts and golden sets; gives findings, one module for each kind of fault."""
