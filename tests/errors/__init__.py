"""Wrong uses of lineara, by theme: each function is one, at its line that is marked ``# <-``."""
