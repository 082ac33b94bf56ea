"""Back office of repairs; each subject in a file."""
