"""What to pay for next."""
