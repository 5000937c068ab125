"""HTML that shows itself in a notebook or as one file; nothing here is loaded before something is shown."""
