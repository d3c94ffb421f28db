import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  // Native or file-reading packages stay outside of the bundle.
  serverExternalPackages: ["@node-rs/argon2", "postgres", "pino", "nodemailer", "inngest"],
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "x-content-type-options", value: "nosniff" },
        { key: "x-frame-options", value: "DENY" },
        { key: "referrer-policy", value: "strict-origin-when-cross-origin" },
        { key: "permissions-policy", value: "camera=(), microphone=(), geolocation=()" },
      ],
    },
  ],
};

export default config;
