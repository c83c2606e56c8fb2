"""`python -m gancore`."""

from gancore.cli.main import main

main()
