"""Where the processor time of the hot paths goes: by statement in the server, by room in the client."""
