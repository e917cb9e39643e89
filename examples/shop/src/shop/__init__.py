"""A small shop: prices, stock, orders, invoices, search."""
