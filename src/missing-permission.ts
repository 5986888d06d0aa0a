const nodeFlags: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
  ChildProcess: '--allow-child-process',
};

/**
 * @internal The flag that permits what an error of the runtime says was refused: Node's with `--permission`, or Deno's. Undefined for any
 * other error.
 */
export function missingPermission(error: unknown): string | undefined {
  const { name, message, code, permission, syscall } = Object(error) as Partial<Record<string, unknown>>;
  if (code === 'ERR_ACCESS_DENIED') {
    // The errors of the network have no `permission`.
    return nodeFlags[String(permission)] ?? (typeof syscall === 'string' ? '--allow-net' : undefined);
  }
  // The class of Deno 2. `PermissionDenied` is the system's refusal there.
  return name === 'NotCapable' ? /--allow-[a-z]+/.exec(String(message))?.[0] : undefined;
}
