// oauth-callback: one call starts and stops its server.
export const title = 'oauth-callback';
export const packages = ['oauth-callback'];

export const load = () => import('oauth-callback');

/** @type {import('./index.mjs').Begin} */
export async function begin({ getAuthCode }, onResult, port) {
  let done;
  await new Promise((resolve, reject) => {
    done = getAuthCode({
      port,
      hostname: '127.0.0.1',
      authorizationUrl: 'https://as.example/authorize',
      launch: resolve,
    });
    done.then(onResult, reject);
  });
  return {
    port,
    method: 'GET',
    target: '/callback?code=a-code&state=a-state',
    idle: '/favicon.ico',
    end: () => done,
  };
}
