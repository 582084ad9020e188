"""Messages (外发消息): mails and text messages to people outside, and what became of each."""
