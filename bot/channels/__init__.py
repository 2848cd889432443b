"""Each channel turns its wire format into a turn, and a reply into its wire format."""
