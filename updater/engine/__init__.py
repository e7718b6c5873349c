"""The only room that knows the docker package.

That one would import requests from deep inside. Far down in the stack Python 3.11 compiles expressions at half its
speed, as it takes and gives back a piece of memory over and over: 15 ms of every start.
"""

import requests  # noqa: F401 - before docker is
