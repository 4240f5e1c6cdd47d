"""Printing: what every page has in common, whether a sheet, a solution or feedback: styles, templates, typesetting."""
