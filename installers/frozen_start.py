"""The frozen app's first lines.

The programs that it starts, such as the browser, are not to look for their libraries in its folder.
Its own processes are: each sets this anew, as if it were the first.
"""

import os

if "LD_LIBRARY_PATH_ORIG" in os.environ:
    os.environ["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH_ORIG"]
else:
    os.environ.pop("LD_LIBRARY_PATH", None)
os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
