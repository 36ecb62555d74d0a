"""Errors that people read: a sentence that says what happened, to which file, and what to do next."""


class ShotlistError(Exception):
    """Ends a command with one sentence and no traceback."""


class BusyError(ShotlistError):
    """Somebody else is building this dataset now."""


class StorageError(ShotlistError):
    """The dataset's disk or store does not take what is written; no other video would fare better."""


class ModelError(ShotlistError):
    """A model that can't be loaded or reached at all: missing weights, a damaged file, a wrong name. Ends the build."""


class MediaError(Exception):
    """One file or one row that can't be used; the run goes on and stores it as a failure.

    ``kind`` is a short class, ``may_pass`` whether a second try could help (a server away, a full disk).
    """

    def __init__(self, kind: str, message: str, may_pass: bool = False) -> None:
        super().__init__(kind, message, may_pass)  # all three, so that it survives pickling
        self.kind = kind
        self.message = message
        self.may_pass = may_pass

    def __str__(self) -> str:
        return self.message
