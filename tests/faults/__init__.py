"""Sessions that are disturbed in every way that a disk, a power supply and other programs know:
nothing that the screen confirmed may be lost, and every start succeeds or has a way out.
"""
