interface Runtime {
  readonly process: { readonly permission?: { has(scope: string): boolean } };
  readonly Deno?: {
    readonly permissions: { requestSync(descriptor: { name: 'net'; host: string }): { readonly state: string } };
  };
}

/** Whether the runtime's permissions forbid to listen there. `listen()` would throw when nothing can catch it. Deno asks the user first. */
export function isListeningForbidden(port: number, host: string): boolean {
  const { process, Deno } = globalThis as unknown as Runtime; // Neither is in the types of the oldest Node.
  if (Deno !== undefined) {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return Deno.permissions.requestSync({ name: 'net', host: address }).state !== 'granted';
  }
  // Node 24 and earlier restrict no network, and do not know the flag.
  return globalThis.process.allowedNodeEnvironmentFlags.has('--allow-net') && process.permission?.has('net') === false;
}
