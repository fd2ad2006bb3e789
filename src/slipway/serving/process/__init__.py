"""Processes and threads: workers and their supervisor, queues, the beginning and the end."""
