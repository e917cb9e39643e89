"""Nothing to do with Django."""


def test_words() -> None:
    assert "green tea".title() == "Green Tea"
