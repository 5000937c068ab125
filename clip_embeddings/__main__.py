"""`python -m clip_embeddings` is the command line."""

from clip_embeddings.cli import main

if __name__ == "__main__":
    main()
