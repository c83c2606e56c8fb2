"""Fixed networks that turn images into features and class probabilities, and how they were trained."""
