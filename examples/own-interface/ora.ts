// ora: npm install embed-auth-server ora
import { login } from 'embed-auth-server';
import ora from 'ora';

const spinner = ora('Waiting for the browser').start();
try {
  const grant = await login({
    clientId: process.env.CLIENT_ID ?? 'your-client-id',
    authorizationEndpoint: process.env.AUTHORIZE_URI ?? 'https://accounts.example.com/authorize',
    redirectUri: process.env.REDIRECT_URI,
    onLoginUri: (_uri, { startUri }) => {
      spinner.info(`Sign in with your browser, or at ${startUri.href}`).start('Waiting for the browser');
    },
  });
  spinner.succeed(`Signed in at ${grant.createdAt.toISOString()}`);
} catch (error) {
  spinner.fail(error instanceof Error ? error.message : 'The sign-in failed.');
  process.exitCode = 1;
}
