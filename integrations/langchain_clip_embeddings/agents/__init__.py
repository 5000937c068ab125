"""What of this package needs langchain."""
