"""Runs of the command line that are killed, refused, or met by another: what is lost of what they write."""
