"""The one door to the network: its client, and the log of what went through it."""
