"""Files read ahead and told apart: pictures, texts in any encoding, addresses behind a guard."""
