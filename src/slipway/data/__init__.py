"""Reading tables, settling their types, checking, splitting and storing them."""
