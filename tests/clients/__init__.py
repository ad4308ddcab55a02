"""Fireside's MCP client against servers and tests of others, which come from PyPI and npm."""
