"""Messages to members: inbox always, WeChat subscribe message and SMS where possible."""
