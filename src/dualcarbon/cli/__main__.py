"""`python -m dualcarbon.cli`."""

from dualcarbon.cli import main

main()
