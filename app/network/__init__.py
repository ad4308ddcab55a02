"""The one door to the network: the client, the log of connections, and what is asked of releases."""
