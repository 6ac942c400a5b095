"""`python -m barback` is the same as `barback`."""

from barback.server.cli import main

main()
