"""Errors about one media file, with a sentence that its owner understands."""

import av

from shotlist.errors import MediaError


def unreadable(error: Exception, name: str) -> MediaError:
    """Say in plain words why the library could not open or decode a file."""
    if isinstance(error, FileNotFoundError):
        return MediaError("not found", f"{name}: the file is not there (moved or deleted?)", may_pass=True)
    if isinstance(error, PermissionError):
        return MediaError("no permission", f"{name}: no permission to read the file", may_pass=True)
    if isinstance(error, av.error.DecoderNotFoundError):
        return MediaError("unknown codec", f"{name}: no decoder for its video codec is built in")
    if isinstance(error, av.error.InvalidDataError):
        return MediaError("unreadable", f"{name}: not a video, or its index is missing or damaged")
    detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return MediaError("unreadable", f"{name}: can't be read as a video ({detail})")
