"""What do Watchtower's variables and flags become here? Pure.

`rows` is the table, `values` says how a value is carried over, `reading` finds what is given, `translation` puts it
together.
"""
