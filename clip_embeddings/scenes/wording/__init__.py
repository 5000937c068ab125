"""Words and sentence patterns of the captions and of the unrelated texts, English and Korean."""
