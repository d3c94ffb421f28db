# syntax=docker/dockerfile:1
# docs/deployment.md says how this is run, and what of it was tried.

# Debian's C library: the password hash is a native package.
FROM node:22-bookworm-slim AS build
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc ./
# No package's own script is needed: native parts come as packages of their own.
RUN --mount=type=cache,target=/var/cache/npm npm ci --ignore-scripts --cache /var/cache/npm
COPY . .
# Types are a stage of npm test.
RUN CI=1 BUILD_STANDALONE=on BUILD_CHECKS_TYPES=off npm run build
# The migrations as one file beside their folder: the server's own packages are bundled and cannot be asked for.
RUN node_modules/.bin/esbuild db/migrate.ts --bundle --platform=node --format=esm --target=node20 \
    --log-level=warning --outfile=.next/migrate.mjs

# What operators run: npm run ops. All sources and packages, nothing that listens.
FROM build AS ops
ENV NODE_ENV=production
USER node
ENTRYPOINT ["node", "--import", "tsx", "cli/ops/main.ts"]
CMD ["--help"]

FROM node:22-bookworm-slim AS web
WORKDIR /app
# The keep-alive, in milliseconds, is longer than the proxy's two minutes: else a request meets a connection that the
# server is just ending, and the proxy answers 502.
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0 PORT=3000 KEEP_ALIVE_TIMEOUT=125000
# Owned by root, run by somebody else: the process cannot change its own code.
COPY --from=build /app/.next/standalone ./
COPY --from=build /app/.next/static ./.next/static
COPY --from=build /app/.next/stylesheets.json ./.next/stylesheets.json
COPY --from=build /app/.next/migrate.mjs ./db/migrate.mjs
COPY --from=build /app/db/migrations ./db/migrations
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# A smaller space for new objects, in MB: docs/decisions/033.
CMD ["node", "--max-semi-space-size=8", "server.js"]
