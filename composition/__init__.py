"""How a stack is put together: which components, in which Regions, wired to one another.

`__main__` calls these modules from the ground up; components know nothing of them.
"""
