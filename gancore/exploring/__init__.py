"""Inside a trained network: what can be asked of one checkpoint, and what answers."""
