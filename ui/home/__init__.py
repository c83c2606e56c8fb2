"""Home: what happened, what to look at, what to do next."""
