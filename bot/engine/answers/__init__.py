"""What the assistant says: replies composed from the knowledge base, in the contract's shape."""
