"""Reporting: takes an outcome; gives the page, the summary and the files beside it."""
