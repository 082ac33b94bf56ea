"""Lost and found items: posted, reviewed, claimed, matched (F1-F3)."""
