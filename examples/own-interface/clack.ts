// clack: npm install embed-auth-server @clack/prompts
import { cancel, isCancel, log, outro, password } from '@clack/prompts';
import { isRemoteSession, login } from 'embed-auth-server';

try {
  const grant = await login({
    clientId: process.env.CLIENT_ID ?? 'your-client-id',
    authorizationEndpoint: process.env.AUTHORIZE_URI ?? 'https://accounts.example.com/authorize',
    redirectUri: process.env.REDIRECT_URI,
    onLoginUri: (uri, { startUri }) => {
      log.step(`Sign in with your browser, or at\n${isRemoteSession() ? uri.href : startUri.href}`);
    },
    // Undefined: the browser is there, and only its response counts.
    prompt: async ({ browserOpened, error, signal }) => {
      if (browserOpened && !isRemoteSession()) return undefined;
      if (error !== undefined) log.warn(error.message);
      // A password: the address contains a code, which the screen need not show.
      const pasted = await password({ message: 'Address of the page that the browser cannot show', signal });
      if (isCancel(pasted) && !signal.aborted) throw new Error('Sign-in cancelled.');
      return isCancel(pasted) ? undefined : pasted;
    },
  });
  outro(`Signed in at ${grant.createdAt.toISOString()}`);
} catch (error) {
  cancel(error instanceof Error ? error.message : 'The sign-in failed.');
  process.exitCode = 1;
}
