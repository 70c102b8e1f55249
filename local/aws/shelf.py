"""A mapping of JSON objects that is in the store as it is in memory."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

from local.aws.store import Store

Item: TypeAlias = dict[str, Any]


class Shelf(Mapping[str, Item]):
    """Everything of one kind. Its owner locks; a changed item is put again."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._items: dict[str, Item] = dict(store.load(kind))

    def __getitem__(self, key: str) -> Item:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def put(self, key: str, item: Item) -> None:
        """In place of what is there."""
        with self._store.transaction() as writing:
            writing.put(self._kind, key, item)
        self._items[key] = item

    def remove(self, key: str) -> None:
        """Nothing, if it is not there."""
        with self._store.transaction() as writing:
            writing.delete(self._kind, key)
        self._items.pop(key, None)

    def tag(self, key: str, item: Item, tags: Mapping[str, str]) -> None:
        """Puts the item with more tags."""
        self.put(key, {**item, "tags": {**item["tags"], **tags}})

    def untag(self, key: str, item: Item, names: Collection[str]) -> None:
        """Puts the item without these tags."""
        left = {name: value for name, value in item["tags"].items() if name not in names}
        self.put(key, {**item, "tags": left})


class Tail:
    """The last `most` items of a kind, numbered from 1."""

    def __init__(self, store: Store, kind: str, most: int = 1_000) -> None:
        self._store = store
        self._kind = kind
        self._most = most
        self._items = deque((int(key), item) for key, item in store.load(kind))

    @property
    def last(self) -> int:
        """The number of the newest; 0 before the first."""
        return self._items[-1][0] if self._items else 0

    def add(self, item: Item) -> None:
        """As the newest; the oldest goes."""
        number = self.last + 1
        with self._store.transaction() as writing:
            writing.put(self._kind, f"{number:012d}", item)
            self._items.append((number, item))
            while len(self._items) > self._most:
                writing.delete(self._kind, f"{self._items.popleft()[0]:012d}")

    def after(self, number: int) -> list[Item]:
        """What is newer than the item of this number, the oldest first."""
        return [item for at, item in self._items if at > number]
