"""Lists of words, written as text. Imports nothing."""


def words(text: str) -> tuple[str, ...]:
    """Those between white space."""
    return tuple(text.split())
