"""What there is to ingest: folders walked, tables read, and which of it is wanted."""
