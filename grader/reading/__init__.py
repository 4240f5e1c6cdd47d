"""What a student typed, read as numbers: one number, a matrix in any layout, a whole answer."""
