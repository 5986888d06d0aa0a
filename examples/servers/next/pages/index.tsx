import type { GetServerSideProps } from 'next';
import { run, sessionOf, sessions } from '../lib/session';

interface Props {
  readonly user: string | null;
}

export const getServerSideProps: GetServerSideProps<Props> = async ({ req, res }) => {
  await run(sessions, req, res);
  return { props: { user: sessionOf(req).user ?? null } };
};

/** The user, or the links that begin a sign-in. */
export default function Home({ user }: Props): React.ReactNode {
  if (user !== null) {
    return (
      <main>
        Signed in as <b>{user}</b>.
      </main>
    );
  }
  return (
    <main>
      <p>
        <a href="/api/auth/login">Sign in</a>
      </p>
      <p>
        <a href="/api/auth/login?implicit">Sign in by implicit grant</a>
      </p>
    </main>
  );
}
