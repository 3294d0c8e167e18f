"""Command line: takes arguments; gives results on stdout, progress on stderr and an exit code."""
