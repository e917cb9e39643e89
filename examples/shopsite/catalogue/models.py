"""What the shop sells."""

from django.db import models


class Product(models.Model):
    """One product."""

    name = models.CharField(max_length=40)
