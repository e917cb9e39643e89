"""The page, and where it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from catalogue.models import Product


def index(request: HttpRequest) -> HttpResponse:
    """All products."""
    return render(request, "catalogue/index.html", {"products": Product.objects.order_by("name")})


urlpatterns = [path("", index)]
