"""What a request holds: parsed, checked against the bundle's schema, turned into the inputs of its graph."""
