"""Writing: takes drafts and golden sets; gives files, whole or not at all, and repairs of what is there."""
