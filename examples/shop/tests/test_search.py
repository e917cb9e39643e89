import itertools
import time

from shop.search import distance, nearest


def test_a_typo_finds_the_lamp() -> None:
    assert nearest("lmap", ["lamp", "chair", "table"]) == "lamp"


def test_distance_is_symmetric() -> None:
    words = ["".join(letters) for letters in itertools.product("abc", repeat=4)]
    assert all(distance(a, b) == distance(b, a) for a, b in itertools.combinations(words, 2))


def test_the_search_service_answers() -> None:
    time.sleep(0.5)  # stands for a service that takes its time to start
    assert nearest("tabel", ["lamp", "chair", "table"]) == "table"
