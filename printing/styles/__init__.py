"""Ways to print the same strings, one file a format: what words, formulas, matrices and blanks are in it."""
