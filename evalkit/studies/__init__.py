"""Studies: takes golden sets and systems, gives what was found about them, whole."""
