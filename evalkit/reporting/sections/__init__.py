"""The sections of a report: each takes the result and gives what one part says, worded and rounded."""
