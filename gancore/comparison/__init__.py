"""Several runs held against each other: which of them repeat each other, what they say together, and what mattered."""
