"""Spaces: takes vectors of one or two models; gives maps between them, scales, clusters and sketches."""
