"""What can happen to a work order; each subject in a file."""
