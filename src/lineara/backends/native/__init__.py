"""Native code: a program as one machine-code function, through LLVM."""
