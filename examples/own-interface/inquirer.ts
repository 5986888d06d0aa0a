// Inquirer: npm install embed-auth-server @inquirer/prompts
import { password } from '@inquirer/prompts';
import { isRemoteSession, login } from 'embed-auth-server';

try {
  const grant = await login({
    clientId: process.env.CLIENT_ID ?? 'your-client-id',
    authorizationEndpoint: process.env.AUTHORIZE_URI ?? 'https://accounts.example.com/authorize',
    redirectUri: process.env.REDIRECT_URI,
    onLoginUri: (uri, { startUri }) => {
      console.log(`Sign in with your browser, or at\n${isRemoteSession() ? uri.href : startUri.href}`);
    },
    prompt: async ({ browserOpened, error, signal }) => {
      if (browserOpened && !isRemoteSession()) return undefined;
      if (error !== undefined) console.log(error.message);
      try {
        // A password: the address contains a code, which the screen need not show.
        return await password({ message: 'Address of the page that the browser cannot show' }, { signal });
      } catch (failure) {
        if (signal.aborted) return undefined;
        throw failure;
      }
    },
  });
  console.log(`Signed in at ${grant.createdAt.toISOString()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'The sign-in failed.');
  process.exitCode = 1;
}
