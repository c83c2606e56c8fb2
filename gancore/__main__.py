"""`python -m gancore`."""

from gancore.cli.commands import main

main()
