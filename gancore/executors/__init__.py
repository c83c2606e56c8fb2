"""Where runs are executed and measured, and when."""
