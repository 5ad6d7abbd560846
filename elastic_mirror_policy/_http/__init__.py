"""The one HTTP client: requests, downloads, retries, deadlines and credentials."""
