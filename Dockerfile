# Written by hand, not generated. docs/deploy.md explains the build.

# The version that the repository develops and tests with (tools/node/package.json), pinned to the digest of its
# multi-platform index. A mirror with another digest: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2

# Compiles the sources; has every dependency, Mesh too.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/node tools/node
RUN npm ci
COPY . .
RUN npm run build

# What runs beside the sources: production dependencies, without Mesh.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/node tools/node
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="NoETL Gateway" \
      org.opencontainers.image.description="The public gateway of NoETL" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size-percentage=62 --max-semi-space-size=16" \
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The shipped config with its imports from the package, so that the core is loaded once.
COPY --from=build /app/dist/gateway.config.ts ./
COPY package.json policy-cases.yaml LICENSE ./
COPY openapi/noetl.lock.json openapi/noetl.json ./openapi/
COPY mesh/generated ./mesh/generated
COPY docs/generated/rest.yaml ./docs/generated/
# The command on the PATH, so that `kubectl exec … -- noetl-gateway doctor` works.
RUN printf '#!/bin/sh\nexec node /app/dist/cli/main.js "$@"\n' > /usr/local/bin/noetl-gateway && chmod 755 /usr/local/bin/noetl-gateway
# An account that no node has; a number, so that Kubernetes can see that it is not root.
RUN install -d -o 10001 -g 10001 .compile-cache
USER 10001:10001
# One start while the image is built: code is compiled here and not at each start. Nothing is reached, and a start that is
# refused only leaves less compiled.
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN GATEWAY_BIND=127.0.0.1 GATEWAY_TRUSTED_ISSUERS=https://issuer.example.com/ GATEWAY_AUDIENCES=build \
    timeout 5 node dist/cli/main.js serve >/dev/null 2>&1 || true
EXPOSE 8090 8091
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ROUTER_PORT || 8090}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/cli/main.js", "serve"]
