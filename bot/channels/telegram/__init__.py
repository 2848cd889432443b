"""Telegram: what comes in is kept before it is acknowledged, and what goes out is read off the conversation's log.

receiving   from Telegram's wire into the inbox: long polling, or the webhook
reading     what an update is: words, a press, a file, a contact, something that cannot be heard
line        one chat at a time and in order: from the inbox to the gateway, from the log to the chat
groups      a question in a group: a policy answer or the way to the private chat, and nothing kept
rendering   a message of the contract as Telegram's HTML, in parts that fit
keyboard    buttons, and what was pressed
sending     whatever may go wrong on the way out
pace        how fast Telegram lets a bot speak
"""
