"""`python -m barback` is the same as `barback`: the platform's, or the engine's where it is installed alone."""

import importlib
import importlib.util

place = "barback.server.cli" if importlib.util.find_spec("barback.server") else "barback.console.alone"
importlib.import_module(place).main()
