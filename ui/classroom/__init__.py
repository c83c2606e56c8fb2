"""A class on one server: who somebody is, whose runs are whose, and how much each may use."""
