"""What the reports claim, as data: a module a report, and what a claim is in `claim`."""
