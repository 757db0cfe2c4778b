# The worker. Built in one stage with everything, run in another with what is needed only.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without the Node among the packages: what V8 compiles at the build serves that Node alone which built, and the image's is to run it.
RUN npm ci --include=dev --no-audit --no-fund && rm -rf node_modules/node-linux-* node_modules/.bin/node
COPY . .
RUN npm run build

FROM node:24-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Optional ones stay: DuckDB's binary is one.
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-slim
ENV NODE_ENV=production SLUICE_METRICS_PORT=9464 SLUICE_WORK_DIR=/work
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY scripts/sluice.mjs ./scripts/sluice.mjs
RUN mkdir /work && chown node:node /work
USER node
VOLUME /work
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLUICE_METRICS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "scripts/sluice.mjs"]
CMD ["worker"]
