"""What the two halves share: the records that sheets are printed from and marked from."""
