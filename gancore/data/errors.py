"""Why data cannot be had."""


class DataUnavailable(RuntimeError):
    """A data set cannot be loaded; the message is one sentence with what to do."""


class BadImages(ValueError):
    """What somebody wants to import cannot be used; the message is one sentence."""
