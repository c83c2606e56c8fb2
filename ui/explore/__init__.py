"""The Explore page: inside a trained generator."""
