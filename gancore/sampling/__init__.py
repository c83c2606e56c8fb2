"""Images from saved runs."""
