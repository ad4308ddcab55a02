"""From a clone to a running window, and to packages for the three systems."""
