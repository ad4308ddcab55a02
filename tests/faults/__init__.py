"""Sessions under the faults of disks, power supplies and other programs.

No text that the screen confirmed may be lost, and every start succeeds or offers a way out.
"""
