"""Everything above the adapters: the command line, what it draws, the demonstration. Nothing imports it."""
