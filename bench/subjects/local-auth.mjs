// @google-cloud/local-auth: it exchanges the code itself, so its result is that call.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

export const title = '@google-cloud/local-auth';
export const packages = ['@google-cloud/local-auth'];

export const load = () => import('@google-cloud/local-auth');

/** @type {import('./index.mjs').Begin} */
export async function begin({ authenticate }, onResult) {
  const require = createRequire(createRequire(import.meta.url).resolve('@google-cloud/local-auth'));
  const { OAuth2Client } = require('google-auth-library');
  OAuth2Client.prototype.getToken = () => {
    onResult();
    return Promise.resolve({ tokens: {} });
  };
  let done;
  const href = await new Promise((resolve, reject) => {
    withoutBrowser(resolve);
    done = authenticate({
      keyfilePath: fileURLToPath(new URL('local-auth-keyfile.json', import.meta.url)),
      scopes: [],
    });
    done.catch(reject);
  });
  const redirect = new URL(new URL(href).searchParams.get('redirect_uri'));
  return {
    port: Number(redirect.port),
    method: 'GET',
    target: '/oauth2callback?code=a-code&state=a-state',
    idle: '/favicon.ico',
    end: () => done,
  };
}

/** Its `open` starts the system's opener. Here nothing is started, and the URI is read from the arguments. */
function withoutBrowser(onUri) {
  const childProcess = createRequire(import.meta.url)('node:child_process');
  childProcess.spawn = (_command, parameters) => {
    onUri(parameters.find((text) => text.startsWith('https:')));
    return { unref() {}, once() {}, on() {} };
  };
  syncBuiltinESMExports();
}
