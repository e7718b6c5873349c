"""How is it proven that nothing that dies loses a container? Killing at every call, and what must hold afterwards.

scenarios.py   which updates are killed
moments.py     at which of their calls to the engine
disturbance.py what happens there: the updater dies, the engine dies, somebody takes the port
execution.py   one process of the updater, with disturbances on its way to the engine
stage.py       the container before each point, always the same
checks.py      what must be true afterwards
points.py      one point, from the fresh container to the verdict
workers.py     many points, on several engines side by side
tally.py       how many there were, and how many failed
"""
