"""Formulas as answers: read as people type them, judged by their values, never by their looks."""
