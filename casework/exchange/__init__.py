"""Cases on their way to a bureau's own systems and back."""
