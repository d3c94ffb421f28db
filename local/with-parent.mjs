// Loaded before a program of somebody else's (Next): ends it when the process that started it is gone.
process.on("disconnect", () => process.exit(1));
