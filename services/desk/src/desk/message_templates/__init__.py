"""Message templates (消息模板): what mails and text messages to the outside say, by language."""
