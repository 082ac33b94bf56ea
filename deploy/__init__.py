"""How the program is installed and rehearsed; see deploy/README.md."""
