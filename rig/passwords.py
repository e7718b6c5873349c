"""How is a line of an htpasswd file made without the htpasswd program?"""

from __future__ import annotations

import ctypes

from rig.errors import RigError

BCRYPT_SALT = "$2b$04$" + "rigrigrigrigrigrigrigu"
"""docker-registry takes bcrypt only. The cost is the lowest there is, and the salt a constant: these passwords
are written in the tests, and guard a registry that nobody else can reach."""


def htpasswd_line(name: str, password: str) -> str:
    """`name:hash`, by the C library's crypt(3): Python's own crypt module is gone since 3.13."""
    try:
        library = ctypes.CDLL("libcrypt.so.1")
    except OSError as missing:
        raise RigError("libcrypt is missing: install it with `apt-get install libcrypt1`") from missing
    library.crypt.restype = ctypes.c_char_p
    hashed = library.crypt(password.encode(), BCRYPT_SALT.encode())
    if hashed is None or not hashed.startswith(b"$2b$"):
        raise RigError("the C library's crypt does not know bcrypt")
    return f"{name}:{hashed.decode()}\n"
