"""Marking: verdicts for all students of a line at once, and a word to those whose line is not simply right."""
