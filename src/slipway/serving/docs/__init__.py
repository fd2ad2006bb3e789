"""What describes the server: the OpenAPI document, and a page for people."""
