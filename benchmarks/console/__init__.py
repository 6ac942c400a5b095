"""The console under load: how soon its pages open, and what watching costs the engine."""
