"""Files whose names or contents come from others: read only where they are files, and no larger than they may be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from course.errors import AuthoringError, NotThere


def read_regular(path: Path, most: int) -> bytes:
    """A file's bytes. Raises AuthoringError where it is none, is larger than it may be, or cannot be read.

    A pipe or a device, which may never end, is not waited for.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
            data = file.read(most + 1) if regular else b""
    except FileNotFoundError:
        raise NotThere(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise NotThere(f"{path}: this is a folder, not a file") from None
    except OSError as error:
        raise AuthoringError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL
        raise NotThere(f"{path}: no file can be called so") from None
    if not regular:
        raise NotThere(f"{path}: this is a pipe or a device, not a file")
    if len(data) > most:
        raise AuthoringError(f"{path}: this file is too large: it may have {most:,} bytes")
    return data
