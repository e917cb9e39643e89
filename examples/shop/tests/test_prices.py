from shop.prices import with_discount, with_vat


def test_nine_cost_nine_times_as_much() -> None:
    assert with_discount(100, 9) == 900


def test_ten_are_cheaper() -> None:
    assert with_discount(100, 10) == 900


def test_vat() -> None:
    assert with_vat(1000) == 1200
