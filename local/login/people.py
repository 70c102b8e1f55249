"""Who may sign in to a local back office: somebody of each group, and somebody of none."""

from typing import Final

from local.login.accounts import Person

PEOPLE: Final = (
    Person("amelia.tan", "Amelia Tan", ("operations",)),
    Person("marco.silva", "Marco Silva", ("maintenance",)),
    Person("priya.nair", "Priya Nair", ("analyst",)),
    Person("jonas.weber", "Jonas Weber", ("admin",)),
    Person("lena.fischer", "Lena Fischer", ()),
)
