#!/usr/bin/env bash
# fastify 5.12.8, Node.js 20.
#
# Seen: the HEAD route that Fastify makes of a GET route answers with the `Content-Length` and the `Content-Type` of the payload, also if the
#       status is 204. The answer to GET has neither.
# Expected: no `Content-Length` in a 204 (RFC 9110 8.6), whatever the method.
# For a cache in front of it this means: HEAD and GET of one resource differ in their headers where the status is 204.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8
cat > head.mjs <<'JS'
import Fastify from 'fastify';

const app = Fastify();
app.get('/', (request, reply) => reply.code(204).send({ a: 1 }));
for (const method of ['GET', 'HEAD']) {
  const { statusCode, headers } = await app.inject({ method, url: '/' });
  console.log(`${method}: ${statusCode}, content-length ${headers['content-length']}, content-type ${headers['content-type']}`);
}
await app.close();
JS
seen=$(node head.mjs)
echo "$seen"
expected='GET: 204, content-length undefined, content-type undefined
HEAD: 204, content-length 7, content-type application/json; charset=utf-8'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
