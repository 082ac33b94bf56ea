"""The home page of the mini-program: function menu, notices, ads (N4)."""
