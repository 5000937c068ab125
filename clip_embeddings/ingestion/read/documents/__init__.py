"""Documents: PDF, Markdown and web pages, in parts."""
