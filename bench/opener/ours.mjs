// An app that signs its user in. `install.mjs` copies it into the app of the installed package.
import { login } from 'embed-auth-server';

await login({
  clientId: 'a-client',
  authorizationEndpoint: 'https://as.example/authorize',
  redirectUri: 'http://127.0.0.1:0/callback',
});
