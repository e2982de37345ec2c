from labservers.servers.cache import Cache


def test_the_oldest_make_room_by_weight_and_not_by_number() -> None:
    cache: Cache[str, str] = Cache(100)
    for key in "abcdefghijk":
        cache.put(key, key.upper(), 10)
    assert cache.get("a") is None
    assert [cache.get(key) for key in "bk"] == ["B", "K"]


def test_what_is_dropped_or_replaced_gives_its_weight_back() -> None:
    cache: Cache[str, int] = Cache(20)
    for number in range(10):
        cache.put("same", number, 2)
    cache.put("other", 1, 2)
    cache.drop("other")
    cache.drop("never there")
    for key in "abcdefghi":
        cache.put(key, 0, 2)
    assert cache.get("same") == 9


def test_what_is_too_heavy_is_not_kept_and_costs_nobody_a_place() -> None:
    cache: Cache[str, int] = Cache(100)
    cache.put("a", 1, 10)
    cache.put("heavy", 2, 11)
    assert (cache.get("a"), cache.get("heavy")) == (1, None)
