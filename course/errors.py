"""What both halves say to an instructor whose file cannot be used."""


class AuthoringError(ValueError):
    """A problem, set or roster that cannot be used as it is; says where and why, to its author."""


class NotThere(AuthoringError):
    """A name or path behind which there is no file: the call is wrong, not what an author wrote."""


class CourseError(ValueError):
    """A course or results folder that cannot be used; says which file and why."""
