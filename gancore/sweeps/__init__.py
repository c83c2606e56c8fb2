"""Many runs with one question: what is planned, which runs it became, and how far they are. Nothing imports torch."""
