"""What a picture, a text or a caption becomes in a store: ids, fields, and the check in front of it."""
