"""What both halves say to an instructor whose file cannot be used."""


class AuthoringError(ValueError):
    """A problem, set or roster that cannot be used as it is; says where and why, to its author."""
