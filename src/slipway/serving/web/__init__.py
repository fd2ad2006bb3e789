"""HTTP: connections, requests, answers, the routing table, access."""
