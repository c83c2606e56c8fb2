"""Tensors as pictures: grids of images, and planes for two-dimensional games."""
