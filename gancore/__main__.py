"""`python -m gancore`, and the command `gancore` of an installation."""

from gancore.cli import interrupts


def main() -> None:
    """Run the command line. Loading it takes up to a second, in which Ctrl-C must end it without a traceback."""
    with interrupts.ending_at_once():
        from gancore.cli.main import main as run

        run()


if __name__ == "__main__":
    main()
