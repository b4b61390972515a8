"""What is differentiated: programs written once, for all libraries with NumPy's names."""
