"""What leaves the workbench: reports of experiments, for now."""
