import { timingSafeEqual, createHash } from 'node:crypto';

/** What `/v1/me` answers, in the names it has there. */
export interface UserProfile {
  readonly id: string;
  readonly display_name: string;
  readonly email: string;
}

/** Somebody who can sign in. */
export interface User {
  readonly username: string;
  readonly password: string;
  readonly profile: UserProfile;
}

/** Who can sign in where the options name nobody. */
export const demoUsers: readonly User[] = [
  {
    username: 'ada',
    password: 'lovelace',
    profile: { id: 'ada', display_name: 'Ada Lovelace', email: 'ada@example.com' },
  },
  {
    username: 'grace',
    password: 'hopper',
    profile: { id: 'grace', display_name: 'Grace Hopper', email: 'grace@example.com' },
  },
];

/** Finds the user whose name and password these are. */
export function findUser(users: readonly User[], username: unknown, password: unknown): User | undefined {
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  const user = users.find((candidate) => candidate.username === username);
  // Compared even where nobody has that name, so that the time taken does not tell.
  const right = sameText(password, user?.password ?? '');
  return right ? user : undefined;
}

/** Compares a secret in a time that says nothing about it. */
export function sameText(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
