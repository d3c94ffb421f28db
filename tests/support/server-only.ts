// Stands in for "server-only" in tests that import the server's files.
export {};
