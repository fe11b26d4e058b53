"""Sound to text to meaning."""
