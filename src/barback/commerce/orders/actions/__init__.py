"""What people and devices can do with orders: one verb a file."""
