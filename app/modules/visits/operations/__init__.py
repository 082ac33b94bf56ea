"""What can happen to visits, passes, batches and gates."""
