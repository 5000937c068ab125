"""What an agent is given: a search of texts and pictures. Imports langchain-core and the public core."""
