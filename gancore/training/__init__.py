"""Training: the loop, what it tells, and the attempt that executes a run. Some of it is free of torch."""
