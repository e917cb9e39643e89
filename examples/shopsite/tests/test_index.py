"""The page, asked for as a browser would."""

import pytest
from django.test import Client

from catalogue.models import Product


@pytest.mark.django_db
def test_the_index_shows_products(client: Client) -> None:
    Product.objects.create(name="tea")
    assert b"<p>tea</p>" in client.get("/").content
