"""What a model is, apart from where and how it is stored: digests of files and the fingerprint."""
