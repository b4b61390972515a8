"""From NumPy code to programs."""

from lineara.frontend import dispatch as dispatch  # gives traced arrays their operators
