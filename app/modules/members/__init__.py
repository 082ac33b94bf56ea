"""The mini-program's users, the customers they act for, technicians, and certification."""
