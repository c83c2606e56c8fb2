"""What the workbench costs."""
