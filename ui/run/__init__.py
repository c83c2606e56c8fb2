"""One run, live or saved."""
