from shop.invoices import invoice
from shop.stock import Article


def test_invoice(stock: dict[str, Article]) -> None:
    assert invoice({"A1": 1, "C1": 1}, stock) == "1 x lamp\n1 x table\nto pay: 299.99"
