"""How are the promises proven over whole lives of a container, in an order that nobody thought of?

versions.py  which images are published, good ones and bad ones
model.py     what must be so by now, and what the next command has to say; pure
site.py      the container on its engine: what its user does, what the updater does, what is to be seen
death.py     where the updater dies, and what happens before it can recover
promises.py  does what is to be seen keep the promises? Each broken one is a sentence
machine.py   everything that can happen, in any order
score.py     how many steps were taken
"""
