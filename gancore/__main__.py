"""`python -m gancore`."""

from gancore.cli import main

main()
