"""Judging: takes unjudged documents; gives what they could change, a worklist, and takes its grades back."""
