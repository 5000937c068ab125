"""`python -m clip_embeddings_app` is the command line."""

from clip_embeddings_app.cli import main

if __name__ == "__main__":
    main()
