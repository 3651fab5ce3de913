"""One wire format a file, sans IO: encode, decode, classify."""
