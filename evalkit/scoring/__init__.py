"""Scoring: takes a run and judgements; gives one number for each measure and query."""
