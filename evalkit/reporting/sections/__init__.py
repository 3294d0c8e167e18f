"""The sections of a report: each takes the result and gives what one part of it says, in words and rounded."""
