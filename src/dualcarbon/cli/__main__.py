"""`python -m dualcarbon.cli`."""

from dualcarbon.cli import main

if __name__ == "__main__":
    main()
