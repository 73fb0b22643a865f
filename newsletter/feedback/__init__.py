"""What comes back after a send: the provider's events, and the mails in the mailbox.

Rule: whoever tells it, it ends as one kind of event in the ledger (`newsletter.delivery.fate`), and nothing is
believed that anybody could have written.
"""
