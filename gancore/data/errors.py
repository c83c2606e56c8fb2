"""What can go wrong with data."""


class DataUnavailable(RuntimeError):
    """A data set cannot be loaded; the message is one sentence with what to do."""


class BadImages(ValueError):
    """The files to import cannot be used; the message is one sentence."""
