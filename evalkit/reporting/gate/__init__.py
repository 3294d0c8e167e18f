"""Gate: takes what a gate found; gives its result and the views of it."""
