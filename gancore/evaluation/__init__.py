"""What is measured of a run, when, and against what. Empty, so that the words are free of torch."""
