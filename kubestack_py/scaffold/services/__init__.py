"""Platform services of the catalog, written into a platform for each way of delivery."""
