import type Express from 'express';
import type { RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TemplateError } from '../errors.js';
import { missingPermission } from '../missing-permission.js';
import { securityHeaders } from '../page/headers.js';
import { send } from './response-writer.js';

const folderPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves one file; false if there is no such file. */
type FileServer = (request: IncomingMessage, response: ServerResponse, file: string) => Promise<boolean>;

const servers = new Map<string, Promise<FileServer>>();

/**
 * @internal Serves the files of a template folder, by Express: never a dotfile, and nothing outside the folder (R24).
 * @throws {@link TemplateError} if Express cannot be loaded, as in some bundles
 */
export function openTemplateFolder(folder: string): Promise<FileServer> {
  let server = servers.get(folder);
  if (server === undefined) {
    server = makeFileServer(folder);
    servers.set(folder, server);
    server.catch(() => servers.delete(folder));
  }
  return server;
}

async function makeFileServer(folder: string): Promise<FileServer> {
  const { realpath } = await import('node:fs/promises');
  const path = await import('node:path');
  const root = await realpath(folder);
  const serve = await loadStatic(root);
  return async (request, response, file) => {
    try {
      // A link that leads out of the folder is not followed.
      const found = await realpath(path.join(root, decodeURIComponent(file)));
      if (!found.startsWith(root + path.sep)) return false;
    } catch {
      return false; // There is no such file.
    }
    const { url } = request;
    request.url = `/${file}`;
    return new Promise((resolve, reject) => {
      response.once('close', () => {
        resolve(true);
      });
      // Express's `static` uses nothing of a request that node:http's own does not have.
      serve(request as Parameters<RequestHandler>[0], response as Parameters<RequestHandler>[1], (error?: unknown) => {
        if (url !== undefined) request.url = url;
        const { status } = Object(error) as { status?: unknown };
        if (error === undefined) resolve(false);
        // A condition or a range that the file does not meet (412, 416).
        else if (typeof status === 'number' && status < 500) send(response, status, {}, '');
        else reject(error instanceof Error ? error : new Error('The file could not be served'));
      });
    });
  };
}

/**
 * The name is a parameter, and the comments are for webpack and Vite, so that no bundler follows it: Express is three quarters of a
 * bundle, and only a template folder needs it, whose files are outside of the bundle, too.
 */
async function loadStatic(root: string, name = 'express'): Promise<RequestHandler> {
  try {
    const { default: express } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as {
      default: typeof Express;
    };
    return express.static(root, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders: (response) => {
        for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
        response.setHeader('Content-Security-Policy', folderPolicy);
      },
    });
  } catch (error) {
    const flag = missingPermission(error);
    const advice =
      flag === undefined
        ? 'A bundle does not contain it: install `express` where Node finds it from the bundle.'
        : `Run this program with ${flag}.`;
    throw new TemplateError(
      'TEMPLATE_UNREADABLE',
      `The files of \`templatePath\` cannot be served, because Express could not be loaded. ${advice}`,
      { cause: error },
    );
  }
}
