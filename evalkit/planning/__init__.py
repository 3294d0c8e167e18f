"""Planning: sizes, prices and limits become hours, money, bytes and quality lost on the way."""
