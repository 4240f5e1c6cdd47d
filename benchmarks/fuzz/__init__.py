"""Hostile answers and files by the hundred thousand, from a seed: nothing raises, and nothing takes long."""
