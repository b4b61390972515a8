"""Linear algebra on matrices in the last two axes; all other axes are batches of matrices."""
