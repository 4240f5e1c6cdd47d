"""Choosing and printing: problems, variants, sheets and worked solutions."""
