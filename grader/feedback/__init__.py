"""Feedback: the page that a student gets back, in several formats."""
