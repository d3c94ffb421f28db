import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  // Native or file-reading packages stay outside of the bundle.
  serverExternalPackages: ["@node-rs/argon2", "postgres", "pino", "nodemailer", "inngest"],
  // For the files of the build; pages and calls get theirs from proxy.ts.
  headers: async () => [
    { source: "/:path*", headers: [{ key: "x-content-type-options", value: "nosniff" }] },
  ],
};

export default config;
