"""The agents' console: pages for the bureau's staff, rendered on the server."""
