"""`python -m handprop` is the command line."""

from handprop.cli import main

main()
