"""One file a command, or a group of them: its options, and what it does."""
