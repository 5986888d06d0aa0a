/** An account, by the id that the consent page's form sends. */
export interface Account {
  readonly id: string;
  readonly profile: Readonly<Record<string, unknown>>;
}

/** The account that a `login_hint` names, by its id or email address; otherwise the first one. */
export function preselectedAccount(accounts: readonly Account[], hint: string | null): Account | undefined {
  return accounts.find(({ id, profile }) => hint !== null && (id === hint || profile['email'] === hint)) ?? accounts[0];
}
