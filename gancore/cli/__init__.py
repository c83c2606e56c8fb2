"""`python -m gancore`, from a terminal."""
