from kernel.ids import new_id


def test_ids_are_version_7_and_grow_with_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(new.version == 7 for new in ids)
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
