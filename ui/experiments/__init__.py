"""The Experiments page: questions of the reports, the runs that answer them, and sweeps of one's own."""
