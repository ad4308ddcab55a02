"""Models on this disk and on the hub: ``library`` finds those that are here, whoever downloaded
them; ``download`` fetches others."""
