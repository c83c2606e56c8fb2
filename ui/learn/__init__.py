"""The Learn page: lessons as data, and how one of them looks."""
