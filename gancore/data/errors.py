"""Why data cannot be had."""


class DataUnavailable(RuntimeError):
    """A data set cannot be loaded; the message is one sentence with what to do."""
