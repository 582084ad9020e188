"""Message bans (免打扰): mail addresses and numbers to which nothing is sent."""
