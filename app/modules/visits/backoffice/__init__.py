"""Back office: visits and batches, gates and passages, the reception desk."""
