// Loaded before a program of somebody else's (Next), or one that knows nothing of us: ends it when the process that
// started it is gone, however that ended.
if (process.connected === false) process.exit(1); // it went while we were loaded
process.on("disconnect", () => process.exit(1));
// Listening must not keep a program that has finished; one that takes messages itself stays for them.
process.channel?.unref();
process.on("newListener", (name) => name === "message" && process.channel?.ref());
