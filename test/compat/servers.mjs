// Each server of test/compat with the router below several prefixes. Prints the ports, then each grant, as JSON lines.
import middie from '@fastify/middie';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { serve } from '@hono/node-server';
import connect from 'connect';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import { createCallbackRouter } from '../../dist/router.js';

const origin = 'http://app.example';

/** A router that accepts every state: the sessions are not what is tested. */
function routerAt(path, options = {}) {
  return createCallbackRouter({
    redirectUri: origin + path,
    requests: { add: () => undefined, find: (_req, state) => ({ state }), take: () => true },
    onGrant: (grant, { page }) => {
      console.log(JSON.stringify({ path, kind: grant.kind }));
      page.redirect('/done');
    },
    ...options,
  });
}

function run(router, req, res) {
  return new Promise((resolve, reject) => {
    res.once('close', () => setImmediate(resolve, true));
    router(req, res, (error) => (error === undefined ? resolve(false) : reject(error)));
  });
}

const ports = {};

async function listening(name, server) {
  if (!server.listening) await once(server, 'listening');
  ports[name] = server.address().port;
}

{
  const app = express4();
  app.use('/auth', routerAt('/auth/callback'));
  const inner = express4.Router();
  inner.use('/auth', express4.json(), express4.urlencoded({ extended: true }), routerAt('/api/v1/auth/callback'));
  app.use('/api/v1', inner);
  // A whole app below another one.
  const tenant = express4();
  tenant.use(routerAt('/tenants/one/callback', { path: '/callback' }));
  app.use('/tenants/one', tenant);
  await listening('express4', app.listen(0, '127.0.0.1'));
}
{
  const app = connect();
  app.use('/auth', routerAt('/auth/callback'));
  const inner = connect();
  inner.use('/auth', routerAt('/api/v1/auth/callback'));
  app.use('/api/v1', inner);
  await listening('connect', app.listen(0, '127.0.0.1'));
}
{
  const app = fastify();
  await app.register(middie);
  app.use('/auth', routerAt('/auth/callback'));
  await app.register(
    (scope, _options, done) => {
      scope.use('/auth', routerAt('/api/v1/auth/callback'));
      // A hook runs for the paths of a scope's routes only.
      scope.all('/*', (_request, reply) => reply.code(404).send('none'));
      done();
    },
    { prefix: '/api/v1' },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  await listening('fastify', app.server);
}
{
  const app = new Koa();
  const mount = (prefix, router) => async (ctx, next) => {
    if (!ctx.path.startsWith(`${prefix}/`)) return next();
    // As koa-mount does.
    const { path } = ctx;
    ctx.path = path.slice(prefix.length);
    if (await run(router, ctx.req, ctx.res)) ctx.respond = false;
    else {
      ctx.path = path;
      await next();
    }
  };
  app.use(mount('/auth', routerAt('/auth/callback', { path: '/callback' })));
  const router = routerAt('/api/v1/auth/callback');
  app.use(async (ctx, next) => {
    if (await run(router, ctx.req, ctx.res)) ctx.respond = false;
    else await next();
  });
  await listening('koa', app.listen(0, '127.0.0.1'));
}
{
  const handler = (router) => async (c, next) =>
    (await run(router, c.env.incoming, c.env.outgoing)) ? RESPONSE_ALREADY_SENT : next();
  const api = new Hono().basePath('/v1');
  api.all('/auth/*', handler(routerAt('/api/v1/auth/callback')));
  const app = new Hono();
  app.all('/auth/*', handler(routerAt('/auth/callback')));
  app.route('/api', api);
  await listening('hono', serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }));
}

console.log(JSON.stringify(ports));
